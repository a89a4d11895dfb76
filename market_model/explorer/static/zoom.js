// A closer look at a stage: wheel (with Ctrl, or once the stage is in focus), pinch, drag, double click, buttons, and keys
// while it is in focus: + and −, 0 for the whole map, Enter for the next region, Shift+Enter for the one before.
import { element } from './dom.js'

const MOST = 12
const STEP = 1.5
const FILL = 0.8
const CLICK = 4 // pixels of a drag that is still a click

export class Zoom {
  // changed(): the view { unit, x, y } is another.
  constructor(el, words, changed) {
    Object.assign(this, { el, changed, fingers: new Map(), region: -1, moved: 0 })
    el.tabIndex = 0
    this.buttons = [['+', 'closer', () => this.#by(STEP)], ['−', 'further', () => this.#by(1 / STEP)], ['⤢', 'whole', () => this.reset()]]
      .map(([sign, name, onclick]) => element('button', { type: 'button', title: words[name], 'aria-label': words[name], onclick }, sign))
    this.box = element('div', { class: 'zoom' }, ...this.buttons)
    el.append(this.box)
    const own = event => this.box.contains(event.target)
    this.box.addEventListener('click', event => event.stopPropagation())
    this.box.addEventListener('dblclick', event => event.stopPropagation())
    el.addEventListener('wheel', event => this.#wheel(event), { passive: false })
    el.addEventListener('pointerdown', event => own(event) || this.#down(event))
    el.addEventListener('pointermove', event => this.#move(event))
    for (const type of ['pointerup', 'pointercancel', 'pointerleave']) el.addEventListener(type, event => this.fingers.delete(event.pointerId))
    // a drag is no click
    el.addEventListener('click', event => { if (this.moved > CLICK && !own(event)) event.stopImmediatePropagation() }, true)
    el.addEventListener('dblclick', event => this.#double(event))
    el.addEventListener('keydown', event => this.#key(event))
  }

  get close() { return this.view && this.view.unit > this.home.unit * 1.001 }

  // The discs of a map in its own units, and the view that shows all of it.
  begin(discs, home) {
    const same = this.discs === discs && this.close
    // another size of the stage: the same part of the map, as large as before against the whole
    if (same) this.view = this.#around(home, this.view.unit / this.home.unit, this.#middle())
    else Object.assign(this, { view: { ...home }, region: -1 })
    Object.assign(this, { discs, home })
    this.#shown()
    return this.view
  }

  reset() {
    this.region = -1
    this.#set({ ...this.home })
  }

  // To a region, filling the stage.
  to(region) {
    const { x, y, r } = this.discs[region]
    const least = Math.min(this.el.clientWidth, this.el.clientHeight)
    this.region = region
    this.#set(this.#around(this.home, FILL * least / (2 * r) / this.home.unit, { x, y }))
  }

  // The view in which a point of the map is in the middle.
  #around(home, factor, { x, y }) {
    const unit = home.unit * Math.min(MOST, Math.max(1, factor))
    return { unit, x: this.el.clientWidth / 2 - unit * x, y: this.el.clientHeight / 2 - unit * y }
  }

  #middle() { return this.#point(this.el.clientWidth / 2, this.el.clientHeight / 2) }

  #point(x, y) { return { x: (x - this.view.x) / this.view.unit, y: (y - this.view.y) / this.view.unit } }

  // Nearer by a factor; what is at (x, y) stays there.
  #by(factor, x = this.el.clientWidth / 2, y = this.el.clientHeight / 2) {
    const unit = this.home.unit * Math.min(MOST, Math.max(1, factor * this.view.unit / this.home.unit))
    if (unit <= this.home.unit * 1.001) return this.reset()
    const at = this.#point(x, y)
    this.#set({ unit, x: x - unit * at.x, y: y - unit * at.y })
  }

  #set(view) {
    this.view = view
    this.#shown()
    this.changed()
  }

  #shown() {
    this.el.classList.toggle('close', Boolean(this.close))
    this.buttons[1].disabled = this.buttons[2].disabled = !this.close
  }

  #place({ clientX, clientY }) {
    const { left, top } = this.el.getBoundingClientRect()
    return [clientX - left, clientY - top]
  }

  #wheel(event) {
    const inside = this.el.contains(document.activeElement)
    if (!this.view || !(event.ctrlKey || inside) || (event.deltaY > 0 && !this.close && !event.ctrlKey)) return
    event.preventDefault()
    this.#by(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), ...this.#place(event))
  }

  #down(event) {
    this.moved = 0
    this.fingers.set(event.pointerId, this.#place(event))
  }

  #move(event) {
    const before = this.fingers.get(event.pointerId)
    if (!before || !this.view) return
    const now = this.#place(event)
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1]
    this.fingers.set(event.pointerId, now)
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1])
    if (other) {
      const span = point => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]))
      this.#by(span(now) / span(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2)
    } else if (this.close) {
      this.#set({ ...this.view, x: this.view.x + now[0] - before[0], y: this.view.y + now[1] - before[1] })
    }
  }

  #double(event) {
    if (this.close) return this.reset()
    const { x, y } = this.#point(...this.#place(event))
    const region = this.discs.findIndex(d => Math.hypot(d.x - x, d.y - y) < d.r)
    region < 0 ? this.#by(STEP, ...this.#place(event)) : this.to(region)
  }

  #key(event) {
    if (event.target !== this.el || event.ctrlKey || event.metaKey || event.altKey || !this.view) return
    const n = this.discs.length
    const does = { '+': () => this.#by(STEP), '=': () => this.#by(STEP), '-': () => this.#by(1 / STEP), 0: () => this.reset(),
      Enter: () => this.to((this.region + (event.shiftKey ? n - 1 : 1) + (this.region < 0 && event.shiftKey ? 1 : 0)) % n) }[event.key]
    if (!does) return
    event.preventDefault()
    does()
  }
}
