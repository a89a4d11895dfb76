// Who is of which kind, week by week (film.py writes it): everybody in the first week, then who changed.

export class Film {
  constructor(users) { Object.assign(this, { users, week: 0, weeks: 0, changes: [], rest: new Uint8Array() }) }

  // More bytes; what is no whole week yet waits for the next ones.
  feed(bytes) {
    const all = new Uint8Array(this.rest.length + bytes.length)
    all.set(this.rest)
    all.set(bytes, this.rest.length)
    let at = 0
    if (!this.weeks && all.length >= this.users) this.#begin(all.slice(0, at = this.users))
    for (let next; this.weeks && (next = readWeek(all, at)); at = next.at) {
      this.changes.push(next.change)
      this.weeks++
    }
    this.rest = all.slice(at)
  }

  // Goes to a week; returns the users that differ from the picture before.
  seek(week) {
    const [touched, seen] = [[], new Uint8Array(this.users)]
    while (this.week !== week) {
      const back = this.week > week
      const change = this.changes[back ? --this.week : this.week++]
      change.before ??= Uint8Array.from(change.who, user => this.frame[user])
      const kinds = back ? change.before : change.after
      change.who.forEach((user, i) => {
        this.counts[this.frame[user]]--
        this.counts[kinds[i]]++
        this.frame[user] = kinds[i]
        if (!seen[user]) seen[user] = touched.push(user) && 1
      })
    }
    return touched
  }

  // Users whose kind is new in this week.
  moved() { return this.week ? this.changes[this.week - 1].who : [] }

  #begin(frame) {
    [this.frame, this.weeks] = [frame, 1]
    this.counts = new Array(256).fill(0)
    for (const kind of frame) this.counts[kind]++
  }
}

// The changes of one week from `at` on, or nothing if some of its bytes are missing.
function readWeek(bytes, at) {
  const numbers = (from, count) => new Uint16Array(bytes.slice(from, from + 2 * count).buffer)
  const [count] = bytes.length < at + 2 ? [Infinity] : numbers(at, 1)
  const end = at + 2 + 3 * count
  if (bytes.length < end) return null
  let user = 0
  const who = numbers(at + 2, count).map(gap => user += gap)
  return { change: { who, after: bytes.slice(end - count, end) }, at: end }
}
