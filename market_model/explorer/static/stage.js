// The network: contacts drawn once, users redrawn where they change, a ring at each new main app.
import { arrange } from './layout.js'
import { calm, darkGround, element, redrawn, tint } from './dom.js'

const DOT = 0.66
const RING_MS = 700
const ANEW = 8 // where more than a part in so many has changed, drawing all anew is faster than rubbing out
const RING_WEEKS = 4
const NAMED_FROM = 30
const LINE = 9 // half the height of a name

const within = (value, low, high) => Math.max(low, Math.min(high, value))
const overlap = (a, b) => Math.abs(a.x - b.x) < a.half + b.half && Math.abs(a.y - b.y) < 2 * LINE

export class Stage {
  constructor(el, onDark) {
    Object.assign(this, { el, onDark, ringing: [], marked: [], remove: redrawn(el, () => this.redraw()) })
    this.pens = [...el.querySelectorAll('canvas')].map(layer => layer.getContext('2d'));
    [this.contacts, this.users, this.rings, this.names, this.marks] = this.pens
  }

  // run: the start of a recording, with its contacts; film: its Film; kinds: how a user of each kind is drawn.
  show(run, film, kinds) {
    Object.assign(this, { run, film, kinds, ringing: [] })
    this.redraw()
  }

  // Everything anew: another run, size, ground, or so many dots for each of the page.
  redraw(scale = Math.min(window.devicePixelRatio || 1, 2)) {
    const [width, height] = [this.el.clientWidth, this.el.clientHeight]
    if (!this.run || !width || !height) return
    for (const pen of this.pens) {
      Object.assign(pen.canvas, { width: width * scale, height: height * scale })
      pen.scale(scale, scale)
    }
    Object.assign(this, arrange(this.run.communities.map(c => c.size), width, height, 14))
    this.radius = Math.max(0.8, DOT * this.unit)
    this.dots = this.kinds.map(kind => this.#dot(kind, scale))
    this.#lines(this.contacts, this.run.contacts, darkGround.matches ? 'rgba(190, 205, 235, 0.09)' : 'rgba(30, 45, 80, 0.07)', 0.7)
    this.#drawNames()
    this.#drawUsers()
    this.#ring(performance.now())
    this.mark(this.marked)
  }

  // Users that changed; rings for those that moved in this week; weeks a second, lest rings pile up.
  update(touched, moved, pace) {
    if (!this.places) return
    const { users, film } = this
    if (touched.length > film.users / ANEW) this.#drawUsers()
    else {
      users.globalCompositeOperation = 'destination-out'
      this.#circles(users, touched, this.radius + 0.7)
      users.fill()
      users.globalCompositeOperation = 'source-over'
      for (const user of touched) this.#put(user, film.frame[user])
    }
    if (calm.matches || !moved.length) return
    if (!this.ringing.length) requestAnimationFrame(t => this.#ring(t))
    const byKind = Map.groupBy(moved, user => film.frame[user])
    this.ringing.push({ since: performance.now(), lasts: Math.min(RING_MS, RING_WEEKS * 1000 / pace), byKind })
  }

  // The user under a pointer, or −1. (Clicks are told in whole pixels, moves are not.)
  at({ clientX, clientY }) {
    const { left, top } = this.el.getBoundingClientRect()
    const [x, y] = [Math.floor(clientX) - left, Math.floor(clientY) - top]
    let [found, near] = [-1, Math.max(9, this.radius)]
    for (let user = 0; 2 * user < this.places?.length; user++) {
      const far = Math.hypot(this.places[2 * user] - x, this.places[2 * user + 1] - y)
      if (far < near) [found, near] = [user, far]
    }
    return found
  }

  // A ring around the first of these users, and lines to the others.
  mark([user, ...others]) {
    const pen = this.marks
    this.marked = [user, ...others]
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height)
    if (!(2 * user < this.places?.length)) return
    this.#lines(pen, others.flatMap(other => [user, other]), getComputedStyle(this.el).color, 0.5)
    this.#circles(pen, [user], this.radius + 4)
    pen.lineWidth = 2.5
    pen.stroke()
  }

  #drawUsers() {
    this.users.clearRect(0, 0, this.users.canvas.width, this.users.canvas.height)
    this.film.frame.forEach((kind, user) => this.#put(user, kind))
  }

  #put(user, kind) {
    const { half, canvas } = this.dots[kind]
    this.users.drawImage(canvas, this.places[2 * user] - half, this.places[2 * user + 1] - half, 2 * half, 2 * half)
  }

  #dot({ color, pale, core }, scale) {
    const half = Math.ceil(this.radius + 1)
    const canvas = element('canvas', { width: 2 * half * scale, height: 2 * half * scale })
    const pen = canvas.getContext('2d')
    const disc = (radius, fillStyle) => {
      pen.beginPath()
      pen.arc(half, half, radius, 0, 7)
      pen.fillStyle = fillStyle
      pen.fill()
    }
    pen.scale(scale, scale)
    pen.globalAlpha = pale ? 0.45 : 1
    disc(this.radius, tint(color, this.onDark))
    if (core) disc(this.radius * 0.5, getComputedStyle(this.el).color)
    return { canvas, half }
  }

  // Circles around users, for a pen to fill or to stroke.
  #circles(pen, users, radius) {
    pen.beginPath()
    for (const user of users) {
      const [x, y] = [this.places[2 * user], this.places[2 * user + 1]]
      pen.moveTo(x + radius, y)
      pen.arc(x, y, radius, 0, 7)
    }
  }

  // Lines between users: from the first to the second, from the third to the fourth …
  #lines(pen, users, strokeStyle, lineWidth) {
    Object.assign(pen, { strokeStyle, lineWidth })
    pen.beginPath()
    users.forEach((user, i) => pen[i % 2 ? 'lineTo' : 'moveTo'](this.places[2 * user], this.places[2 * user + 1]))
    pen.stroke()
  }

  #drawNames() {
    const { fontFamily, backgroundColor: strokeStyle, color: fillStyle } = getComputedStyle(this.el)
    const pen = this.names
    Object.assign(pen, { font: `600 12px ${fontFamily}`, textAlign: 'center', textBaseline: 'middle', lineWidth: 4, lineJoin: 'round',
      strokeStyle, fillStyle })
    const taken = []
    const named = this.discs.map((disc, i) => ({ ...disc, name: this.run.communities[i].label })).filter(({ r, name }) => name && r >= NAMED_FROM)
    for (const { name, x, y, r } of named.sort((a, b) => b.r - a.r)) {
      const half = pen.measureText(name).width / 2 + 3
      const box = at => ({ x: within(x, half, this.el.clientWidth - half), y: within(at, LINE, this.el.clientHeight - LINE), half })
      const free = [y + r - 2, y - r + 2, y].map(box).find(one => !taken.some(other => overlap(one, other)))
      if (!free) continue
      taken.push(free)
      pen.strokeText(name, free.x, free.y)
      pen.fillText(name, free.x, free.y)
    }
  }

  #ring(now) {
    const pen = this.rings
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height)
    this.ringing = this.ringing.filter(week => now - week.since < week.lasts)
    pen.lineWidth = 1.4
    for (const { since, lasts, byKind } of this.ringing) {
      const age = Math.max(0, (now - since) / lasts)
      pen.globalAlpha = 0.85 * (1 - age)
      byKind.forEach((users, kind) => {
        pen.strokeStyle = tint(this.kinds[kind].color, this.onDark)
        this.#circles(pen, users, this.radius * (1.3 + 2.2 * age))
        pen.stroke()
      })
    }
    pen.globalAlpha = 1
    if (this.ringing.length) requestAnimationFrame(t => this.#ring(t))
  }
}
