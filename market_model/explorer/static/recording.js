// A run as it comes from the server, piece by piece (playback.py writes it). The next piece is asked for when the last
// one has been taken, so a slow browser is never flooded, and nobody computes for a page that is gone.
import { Film } from './film.js'

// An answer of the server; throws what is wrong.
export async function answerOf(path, query) {
  const answer = await fetch(`/explorer/${path}?${query}`).catch(() => { throw problem({ away: true }) })
  if (!answer.ok) throw problem(await answer.json().catch(() => ({})))
  return answer
}

// Reads parts of a run from the server: (part, from) → { bytes, more }.
export function served(query) {
  return async (part, from) => {
    const asked = new URLSearchParams(query)
    asked.set('part', part)
    asked.set('from', from)
    const answer = await answerOf('run', asked)
    const bytes = await answer.arrayBuffer().catch(() => { throw problem({ away: true }) })
    return { bytes: new Uint8Array(bytes), more: answer.headers.get('x-more') === '1' }
  }
}

// Reads parts from memory: { part: bytes }.
export function stored(parts) {
  return async (part, from) => ({ bytes: parts[part].subarray(from), more: false })
}

function problem(told) {
  return Object.assign(new Error(told.problem ?? ''), { told })
}

// A part of a run that is read from its start.
class Part {
  constructor(read, name) {
    Object.assign(this, { read, name, at: 0, more: true })
  }

  async next() {
    const { bytes, more } = await this.read(this.name, this.at)
    this.at += bytes.length
    this.more = more
    return bytes
  }
}

// A film that is loaded as far as it is wanted.
export class Reel {
  constructor(read, view, users, kinds, grown) {
    Object.assign(this, { part: new Part(read, view), film: new Film(users, kinds), grown, wanted: 0 })
  }

  get whole() { return !this.part.more }

  // Weeks up to this one; returns at once, `grown` is called as they come.
  async reach(week) {
    this.wanted = Math.max(this.wanted, week)
    if (this.busy) return
    this.busy = true
    try {
      while (!this.left && !this.whole && this.film.weeks <= this.wanted) {
        this.film.feed(await this.part.next())
        if (!this.left) this.grown()
      }
    } finally {
      this.busy = false
    }
  }
}

// The run: start (what is known before), series by week, offers, panels.
export class Recording {
  constructor(read, language) {
    Object.assign(this, { read, language, weeks: 0, panels: [], series: {}, done: false })
  }

  // Reads to the end; `grown(line)` is called for each line told.
  async open(grown) {
    const part = new Part(this.read, `story.${this.language}`)
    const text = new TextDecoder()
    let rest = ''
    while (part.more && !this.left) {
      const lines = (rest + text.decode(await part.next(), { stream: true })).split('\n')
      rest = lines.pop()
      for (const line of lines) if (!this.left) grown(this.#take(JSON.parse(line)))
    }
    this.closed = true
  }

  async contacts() {
    const { bytes } = await this.read('contacts', 0)
    return new Uint32Array(bytes.slice().buffer)
  }

  #take(line) {
    if (line.kind === 'problem') throw Object.assign(new Error(line.text), { told: { problem: line.text } })
    if (line.kind === 'start') this.start = line
    if (line.offers) this.offers = line.offers
    if (line.kind === 'weeks') this.#append(line.series)
    for (const panel of line.panels ?? []) this.panels = [...this.panels.filter(p => p.key !== panel.key), panel]
    if (line.kind === 'end') [this.done, this.digest] = [true, line.digest]
    return line
  }

  #append(series) {
    for (const [name, values] of Object.entries(series)) {
      if (!Array.isArray(values[0])) (this.series[name] ??= []).push(...values)
      else (this.series[name] ??= values.map(() => [])).forEach((all, i) => all.push(...values[i]))
    }
    this.weeks = this.series.sms.length
  }
}
