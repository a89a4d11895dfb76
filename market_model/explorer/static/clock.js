// The clock of a playback, its buttons and its slider. The browser owns it: no trip to the server.
import { element, fill } from './dom.js'

const SPEEDS = [2, 4, 8, 16, 32]

export class Clock {
  // onWeek(week): called whenever the week changes. onRest(week): when it stands still. onWant(week): it cannot go on yet.
  constructor(words, onWeek, onRest, onWant) {
    Object.assign(this, { words, onWeek, onRest, onWant, last: 0, limit: 0, at: 0, week: 0, playing: false, speed: 8 })
    this.keys = {} // by key: what it does; parts add theirs
    this.play = element('button', { type: 'button', class: 'play act' })
    this.back = element('button', { type: 'button', title: words.back, 'aria-label': words.back }, '‹')
    this.forward = element('button', { type: 'button', title: words.forward, 'aria-label': words.forward }, '›')
    this.pace = element('select', { class: 'speed', 'aria-label': words.speed },
      ...SPEEDS.map(s => element('option', { value: s }, fill(words.per_second, { weeks: s }))))
    this.slider = element('input', { type: 'range', min: 0, max: 0, step: 1, value: 0, 'aria-label': words.scrub })
    this.loop = element('button', { type: 'button', title: words.loop, 'aria-label': words.loop, 'aria-pressed': 'false' }, '⟳')
    this.buttons = element('div', { class: 'buttons' }, this.play, this.back, this.forward, this.pace, this.loop)
    this.pace.value = this.speed
    this.play.addEventListener('click', () => this.toggle())
    this.back.addEventListener('click', () => this.go(this.week - 1))
    this.forward.addEventListener('click', () => this.go(this.week + 1))
    this.loop.addEventListener('click', () => this.loop.setAttribute('aria-pressed', !this.looping))
    this.pace.addEventListener('change', () => { this.speed = Number(this.pace.value) })
    this.slider.addEventListener('input', () => this.go(Number(this.slider.value)))
    this.onKey = event => this.#key(event)
    document.addEventListener('keydown', this.onKey)
    this.#label()
  }

  get looping() { return this.loop.getAttribute('aria-pressed') === 'true' }

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
    for (const control of [this.play, this.back, this.forward, this.slider]) control.disabled = held
  }

  start() {
    if (this.held) return
    if (this.week >= this.last) this.#set(0)
    this.then = performance.now()
    if (!this.playing) requestAnimationFrame(now => this.#tick(now))
    this.playing = true
    this.#label()
  }

  restart() {
    this.playing = false
    this.#set(0)
    this.start()
  }

  stop() {
    this.playing = false
    this.#label()
    this.onRest(this.week)
  }

  toggle() {
    this.playing ? this.stop() : this.start()
  }

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
    const next = this.at + passed * this.speed
    this.#set(Math.min(this.limit, next))
    if (next > this.limit) this.onWant(this.limit + 1)
    if (this.week < this.last) requestAnimationFrame(t => this.#tick(t))
    else if (this.looping) setTimeout(() => this.playing && this.restart(), 1500)
    else this.stop()
  }

  #set(at) {
    this.at = at
    const week = Math.floor(at)
    if (week === this.week) return
    this.week = week
    this.slider.value = week
    this.onWeek(week)
  }

  #label() {
    const name = this.playing ? this.words.pause : this.words.play
    this.play.textContent = this.playing ? '❚❚' : '▶'
    this.play.setAttribute('aria-label', name)
    this.play.title = name
  }

  #key(event) {
    if (this.held || event.ctrlKey || event.metaKey || event.altKey) return
    const step = event.shiftKey ? 10 : 1
    const moves = { ' ': () => this.toggle(), ArrowLeft: () => this.go(this.week - step), ArrowRight: () => this.go(this.week + step),
      Home: () => this.go(0), End: () => this.go(this.last), '[': () => this.#faster(-1), ']': () => this.#faster(1), l: () => this.loop.click(), ...this.keys }
    const key = event.key.length > 1 ? event.key : event.key.toLowerCase()
    const inForm = event.target.closest?.('input:not([type=range]), select, textarea, a, dialog')
    const pressing = event.key === ' ' && event.target.closest?.('button')
    if (!moves[key] || inForm || pressing) return
    event.preventDefault()
    moves[key]()
  }

  #faster(step) {
    const place = SPEEDS.indexOf(this.speed) + step
    this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))]
    this.pace.value = this.speed
  }
}
