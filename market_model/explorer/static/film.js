// A run as pictures: everybody in the first week, then who changed (film.py writes it).

export class Film {
  constructor(view, users, weeks, kinds) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    this.frame = bytes.slice(0, users)
    this.week = 0
    this.changes = readChanges(bytes, this.frame.slice(), weeks)
    this.counts = new Array(kinds).fill(0)
    for (const kind of this.frame) this.counts[kind]++
  }

  // Goes to a week; returns the users that differ from the picture before.
  seek(week) {
    const touched = new Set()
    while (this.week < week) {
      const { who, after } = this.changes[this.week++]
      this.#put(who, after, touched)
    }
    while (this.week > week) {
      const { who, before } = this.changes[--this.week]
      this.#put(who, before, touched)
    }
    return touched
  }

  // Users whose main app is new in this week.
  moved() {
    return this.week ? this.changes[this.week - 1].who : []
  }

  #put(who, kinds, touched) {
    for (let i = 0; i < who.length; i++) {
      this.counts[this.frame[who[i]]]--
      this.counts[kinds[i]]++
      this.frame[who[i]] = kinds[i]
      touched.add(who[i])
    }
  }
}

function readChanges(bytes, now, weeks) {
  let at = now.length
  const whole = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const changes = []
  for (let week = 1; week < weeks; week++) {
    const who = new Uint32Array(whole())
    let last = -1
    for (let i = 0; i < who.length; i++) who[i] = last += whole() + 1
    const after = bytes.slice(at, at += who.length)
    const before = Uint8Array.from(who, user => now[user])
    who.forEach((user, i) => { now[user] = after[i] })
    changes.push({ who, before, after })
  }
  return changes
}
