// The lens: who stands otherwise than in another run with the same luck, person by person.
import echarts from './echarts.js'
import { Reel } from './recording.js'

const { pale: PALE, more: MORE, less: LESS } = echarts.palette
const [REGISTERED, ACTIVE] = [2, 3] // of the kinds of a film of one app
const VIEW = /^differs\.(.+)$/

export const lensOf = app => `differs.${app}`
export const lensed = view => VIEW.exec(view)?.[1] ?? null

// 0: as there; registered here alone, or there alone; active here alone, or there alone.
const compared = (here, there) => {
  const level = kind => kind >= ACTIVE ? 2 : kind === REGISTERED ? 1 : 0
  const [one, other] = [level(here), level(there)]
  if (one === other) return 0
  return (Math.max(one, other) === 2 ? 3 : 1) + (one < other)
}

export const kinds = words => [{ label: words.as_there, color: PALE },
  ...['registered_here', 'registered_there', 'active_here', 'active_there']
    .map((key, i) => ({ label: words[key], color: i % 2 ? LESS : MORE, pale: i < 2, large: i > 1 }))]

// Kinds of those whose use differs: active here alone, and there alone.
export const USE = [3, 4]

class LensFilm {
  constructor(here, there) { Object.assign(this, { here, there, week: 0, users: here.users, last: [] }) }

  get weeks() { return Math.min(this.here.weeks, this.there.weeks) }

  seek(week) {
    const either = new Set([...this.here.seek(week), ...this.there.seek(week)])
    if (!this.frame) this.#begin()
    this.week = week
    const touched = []
    for (const user of either) {
      const kind = compared(this.here.frame[user], this.there.frame[user])
      if (kind === this.frame[user]) continue
      this.counts[this.frame[user]]--
      this.counts[kind]++
      this.frame[user] = kind
      touched.push(user)
    }
    this.last = touched.filter(user => this.frame[user])
    return touched
  }

  moved() { return this.last }

  #begin() {
    this.frame = this.here.frame.map((kind, user) => compared(kind, this.there.frame[user]))
    this.counts = new Array(256).fill(0)
    for (const kind of this.frame) this.counts[kind]++
  }
}

// Both films of an app, as far as they are wanted.
export class LensReel {
  constructor(run, base, app, users, grown) {
    this.reels = [run, base].map(one => new Reel(one.read, app, users, grown))
    this.film = new LensFilm(...this.reels.map(reel => reel.film))
  }

  async reach(week) { await Promise.all(this.reels.map(reel => reel.reach(week))) }

  set left(left) { for (const reel of this.reels) reel.left = left }
}

// Whether two runs are of the same people, told by their ties.
export const alike = (one, other) => one.length === other.length && one.every((end, i) => end === other[i])
