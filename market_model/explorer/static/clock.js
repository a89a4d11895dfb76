// The clock of a playback, its buttons and its slider. The browser owns it: no trip to the server.
import { element, fill } from './dom.js'

const SPEEDS = [2, 4, 8, 16, 32]

export class Clock {
  // onWeek(week): called whenever the week changes. onRest(week): when it stands still.
  constructor(words, onWeek, onRest) {
    Object.assign(this, { words, onWeek, onRest, last: 0, at: 0, week: 0, playing: false, speed: 8 })
    this.play = element('button', { type: 'button', class: 'play act' })
    this.back = element('button', { type: 'button', title: words.back, 'aria-label': words.back }, '‹')
    this.forward = element('button', { type: 'button', title: words.forward, 'aria-label': words.forward }, '›')
    this.pace = element('select', { class: 'speed', 'aria-label': words.speed },
      ...SPEEDS.map(s => element('option', { value: s }, fill(words.per_second, { weeks: s }))))
    this.slider = element('input', { type: 'range', min: 0, max: 0, step: 1, value: 0, 'aria-label': words.scrub })
    this.buttons = element('div', { class: 'buttons', title: words.keys }, this.play, this.back, this.forward, this.pace)
    this.pace.value = this.speed
    this.play.addEventListener('click', () => this.toggle())
    this.back.addEventListener('click', () => this.go(this.week - 1))
    this.forward.addEventListener('click', () => this.go(this.week + 1))
    this.pace.addEventListener('change', () => { this.speed = Number(this.pace.value) })
    this.slider.addEventListener('input', () => this.go(Number(this.slider.value)))
    this.onKey = event => this.#key(event)
    document.addEventListener('keydown', this.onKey)
    this.#label()
  }

  // A run of so many weeks, from its start.
  load(weeks, playing) {
    this.last = weeks - 1
    this.slider.max = this.last
    this.week = -1
    this.#set(0)
    playing ? this.start() : this.stop()
  }

  start() {
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

  toggle() {
    this.playing ? this.stop() : this.start()
  }

  // To a week, and rest there.
  go(week) {
    this.#set(Math.min(this.last, Math.max(0, week)))
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
    this.#set(Math.min(this.last, this.at + passed * this.speed))
    if (this.week >= this.last) this.stop()
    else requestAnimationFrame(t => this.#tick(t))
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
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = event.shiftKey ? 10 : 1
    const moves = { ' ': () => this.toggle(), ArrowLeft: () => this.go(this.week - step), ArrowRight: () => this.go(this.week + step),
      Home: () => this.go(0), End: () => this.go(this.last), '[': () => this.#faster(-1), ']': () => this.#faster(1) }
    const inForm = event.target.closest?.('input:not([type=range]), select, textarea, a')
    const pressing = event.key === ' ' && event.target.closest?.('button')
    if (!moves[event.key] || inForm || pressing) return
    event.preventDefault()
    moves[event.key]()
  }

  #faster(step) {
    const place = SPEEDS.indexOf(this.speed) + step
    this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))]
    this.pace.value = this.speed
  }
}
