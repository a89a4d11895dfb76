// The clock of a playback, its buttons and its slider. The browser owns it: no trip to the server.

export class Clock {
  // onWeek(week): called whenever the week changes. onRest(week): when it stands still. onWant(week): it cannot go on yet.
  constructor({ play, back, forward, pace, loop, slider }, words, onWeek, onRest, onWant) {
    Object.assign(this, { play, pace, loop, slider, words, onWeek, onRest, onWant })
    Object.assign(this, { moving: [play, back, forward, slider], last: 0, limit: 0, at: 0, week: 0, playing: false, speed: 8 })
    play.onclick = () => this.toggle()
    back.onclick = () => this.go(this.week - 1)
    forward.onclick = () => this.go(this.week + 1)
    pace.onchange = () => this.#faster(0)
    loop.onclick = () => { loop.ariaPressed = !this.looping }
    slider.oninput = () => this.go(Number(slider.value))
    // By key: what it does, with how many weeks it goes; parts add theirs.
    this.keys = { ' ': () => this.toggle(), l: () => loop.click(), '[': () => this.#faster(-1), ']': () => this.#faster(1),
      Home: () => this.go(0), End: () => this.go(this.last), ArrowLeft: step => this.go(this.week - step),
      ArrowRight: step => this.go(this.week + step) }
    this.onKey = event => this.#key(event)
    document.addEventListener('keydown', this.onKey)
    this.#label()
  }

  get looping() { return this.loop.ariaPressed === 'true' }

  // A run of so many weeks, of which the first is there.
  load(weeks, playing) {
    Object.assign(this, { last: weeks - 1, limit: 0, week: -1, wanted: null })
    this.slider.max = this.last
    this.#set(0)
    playing ? this.start() : this.stop()
  }

  // Weeks up to this one are there.
  grow(limit) {
    this.limit = Math.min(limit, this.last)
    if (this.wanted === null || this.wanted > this.limit) return
    this.#set(this.wanted)
    this.wanted = null
    if (!this.playing) this.onRest(this.week)
  }

  // Stands still until it is let go.
  hold(held) {
    this.held = held
    for (const control of this.moving) control.disabled = held
  }

  start() {
    if (this.held) return
    if (this.week >= this.last) this.#set(0)
    this.then = performance.now()
    if (!this.playing) requestAnimationFrame(now => this.#tick(now))
    this.playing = true
    this.#label()
  }

  stop() {
    this.playing = false
    this.#label()
    this.onRest(this.week)
  }

  toggle() { this.playing ? this.stop() : this.start() }

  // To a week, and rest there; as soon as it is there.
  go(week) {
    if (this.held) return
    week = Math.min(this.last, Math.max(0, week))
    this.playing = false
    this.wanted = week > this.limit ? week : null
    this.wanted === null ? this.#set(week) : this.onWant(week)
    this.stop()
  }

  remove() {
    this.playing = false
    document.removeEventListener('keydown', this.onKey)
  }

  #tick(now) {
    if (!this.playing) return
    const passed = Math.min(0.25, Math.max(0, (now - this.then) / 1000))
    this.then = now
    const next = this.week < this.last ? this.at + passed * this.speed : 0
    this.#set(Math.min(this.limit, next))
    if (next > this.limit) this.onWant(this.limit + 1)
    if (this.week < this.last) requestAnimationFrame(t => this.#tick(t))
    else if (this.looping) setTimeout(() => this.#tick(performance.now()), 1500)
    else this.stop()
  }

  #set(at) {
    this.at = at
    const week = Math.floor(at)
    if (week === this.week) return
    this.week = this.slider.value = week
    this.onWeek(week)
  }

  #label() {
    const name = this.words[this.playing ? 'pause' : 'play']
    Object.assign(this.play, { textContent: this.playing ? '❚❚' : '▶', ariaLabel: name, title: name })
  }

  #key(event) {
    const { key, target, shiftKey } = event
    const does = this.keys[key.length > 1 ? key : key.toLowerCase()]
    const elsewhere = target.closest?.(`input:not([type=range]), select, textarea, a, aside, dialog${key === ' ' ? ', button' : ''}`)
    if (!does || this.held || elsewhere || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    does(shiftKey ? 10 : 1)
  }

  #faster(step) {
    this.pace.selectedIndex = Math.min(this.pace.length - 1, Math.max(0, this.pace.selectedIndex + step))
    this.speed = Number(this.pace.value)
  }
}
