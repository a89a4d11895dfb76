// A run as it comes from the server, piece by piece (playback.py writes it). The next piece is asked for when the last
// one has been taken, so a slow browser is never flooded, and nobody computes for a page that is gone.
import { answerOf, missed, wrong } from './answers.js'
import { fill, numbers } from './dom.js'
import { Film } from './film.js'

// Reads parts of a run from the server: (part, from) → { bytes, more }.
export function served(query) {
  return async (part, from) => {
    const answer = await answerOf('run', [...new URLSearchParams(query), ['part', part], ['from', from]])
    const bytes = await answer.arrayBuffer().catch(missed)
    return { bytes: new Uint8Array(bytes), more: answer.headers.get('x-more') === '1' }
  }
}

// Reads parts from memory: { part: bytes }.
export function stored(parts) { return async (part, from) => ({ bytes: parts[part].subarray(from), more: false }) }

// A part of a run, piece by piece from its start.
async function* pieces(read, part) {
  for (let at = 0, more = true; more;) {
    const piece = await read(part, at)
    at += piece.bytes.length
    more = piece.more
    yield piece.bytes
  }
}

// A film that is loaded as far as it is wanted.
export class Reel {
  constructor(read, view, users, grown) {
    Object.assign(this, { pieces: pieces(read, view), film: new Film(users), grown, wanted: 0 })
  }

  // Weeks up to this one; returns at once, `grown` is called as they come.
  async reach(week) {
    this.wanted = Math.max(this.wanted, week)
    if (this.busy) return
    this.busy = true
    try {
      while (!this.left && this.film.weeks <= this.wanted) {
        const { value, done } = await this.pieces.next()
        if (done) return
        this.film.feed(value)
        if (!this.left) this.grown()
      }
    } finally {
      this.busy = false
    }
  }
}

// The run: start (what is known before), series by week, offers, panels.
export class Recording {
  // held(run): whether it tells no more for now (`go_on`), though it reads on.
  constructor(read, language, words, held = () => false) {
    Object.assign(this, { read, language, words, held, ...numbers(), weeks: 0, panels: [], series: {}, done: false, untold: [] })
  }

  // Reads to the end; `grown(line)` is called for each line told.
  async open(grown) {
    this.grown = grown
    this.early = this.read('contacts', 0).catch(() => null) // beside the story, as the first picture waits for both
    const text = new TextDecoder()
    let rest = ''
    for await (const piece of pieces(this.read, `story.${this.language}`)) {
      const lines = (rest + text.decode(piece, { stream: true })).split('\n')
      rest = lines.pop()
      this.untold.push(...lines)
      this.go_on()
      if (this.left) return
    }
  }

  // Tells what has been read.
  go_on() {
    while (this.untold.length && !this.left && !this.held(this)) this.grown(this.#take(JSON.parse(this.untold.shift())))
  }

  // A share of all people as `percent` writes it; of a few, as `words/people.py` does.
  share(share, percent) {
    const { start: { few, users } } = this
    return few?.[Math.round(share * users)] ?? this.part(share * users, users, percent)
  }

  // Of simulated people, a part as `percent` writes it; of a few, with their count.
  part(part, whole, percent) {
    const { words, plain, exact } = this
    if (Math.round(part) >= words.few) return percent(part / whole)
    return fill(words.small, { part: plain(Math.round(part)), whole: plain(Math.round(whole)), share: exact(part / whole) })
  }

  // Every weekly series, in the order of the names that the end has told.
  async all() { return this.values ??= JSON.parse(new TextDecoder().decode((await this.read('weekly', 0)).bytes)) }

  // Pairs of people who know each other; a run that had just begun has none early.
  async contacts() {
    const early = await this.early
    const { bytes } = early?.bytes.length ? early : await this.read('contacts', 0)
    return new Uint32Array(bytes.slice().buffer)
  }

  #take(line) {
    if (line.kind === 'problem') throw wrong({ problem: line.text })
    if (line.kind === 'start') this.start = line
    if (line.offers) this.offers = line.offers
    if (line.kind === 'weeks') this.#append(line.series)
    for (const panel of line.panels ?? []) this.panels = [...this.panels.filter(p => p.key !== panel.key), panel]
    if (line.kind === 'end') Object.assign(this, { done: true, weekly: line.weekly })
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
