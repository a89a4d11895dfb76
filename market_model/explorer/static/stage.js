// The network: contacts drawn once, users redrawn where they change, a ring at each new main app.
import { arrange } from './layout.js'
import { calm, darkGround, element, tint } from './dom.js'

const DOT = 0.66
const RING_MS = 700
const RING_WEEKS = 4
const NAMED_FROM = 30

export class Stage {
  constructor(label, onDark) {
    this.onDark = onDark
    this.el = element('div', { class: 'stage', role: 'img', 'aria-label': label })
    const layers = ['contacts', 'users', 'rings', 'names', 'marks'].map(name => element('canvas', { class: name, 'aria-hidden': 'true' }))
    this.el.append(...layers);
    [this.contacts, this.users, this.rings, this.names, this.marks] = layers.map(layer => layer.getContext('2d'))
    this.ringing = []
    this.marked = []
    this.resized = new ResizeObserver(() => this.redraw())
    this.resized.observe(this.el)
    this.repaint = () => this.redraw()
    darkGround.addEventListener('change', this.repaint)
  }

  // run: the start of a recording, with its contacts; film: its Film; kinds: how a user of each kind is drawn.
  show(run, film, kinds) {
    [this.run, this.film, this.kinds, this.ringing] = [run, film, kinds, []]
    this.redraw()
  }

  // Everything anew: another run, size, ground, or so many dots for each of the page.
  redraw(scale = Math.min(window.devicePixelRatio || 1, 2)) {
    const [width, height] = [this.el.clientWidth, this.el.clientHeight]
    if (!this.run || !width || !height) return
    for (const layer of [this.contacts, this.users, this.rings, this.names, this.marks]) {
      layer.canvas.width = width * scale
      layer.canvas.height = height * scale
      layer.setTransform(scale, 0, 0, scale, 0, 0)
    }
    Object.assign(this, arrange(this.run.communities.map(c => c.size), width, height, 14))
    this.radius = Math.max(0.8, DOT * this.unit)
    this.dots = this.kinds.map(kind => this.#dot(kind, scale))
    this.#drawContacts()
    this.#drawNames()
    this.film.frame.forEach((kind, user) => this.#put(user, kind))
    this.#ring(performance.now())
    this.mark(this.marked)
  }

  // Users that changed; rings for those that moved in this week; weeks a second, lest rings pile up.
  update(touched, moved, pace) {
    if (!this.places) return
    const { users, places, radius, film } = this
    users.globalCompositeOperation = 'destination-out'
    users.beginPath()
    for (const user of touched) {
      users.moveTo(places[2 * user] + radius + 0.7, places[2 * user + 1])
      users.arc(places[2 * user], places[2 * user + 1], radius + 0.7, 0, 7)
    }
    users.fill()
    users.globalCompositeOperation = 'source-over'
    for (const user of touched) this.#put(user, film.frame[user])
    if (calm.matches) return
    if (!this.ringing.length && moved.length) requestAnimationFrame(t => this.#ring(t))
    const byKind = this.kinds.map(() => [])
    for (const user of moved) byKind[film.frame[user]].push(user)
    this.ringing.push({ since: performance.now(), lasts: Math.min(RING_MS, RING_WEEKS * 1000 / pace), byKind })
  }

  // The user under a pointer, or −1. (Clicks are told in whole pixels, moves are not.)
  at({ clientX, clientY }) {
    const { left, top } = this.el.getBoundingClientRect()
    const [x, y] = [Math.floor(clientX) - left, Math.floor(clientY) - top]
    let [found, near] = [-1, Math.max(9, this.radius) ** 2]
    for (let user = 0; 2 * user < this.places?.length; user++) {
      const far = (this.places[2 * user] - x) ** 2 + (this.places[2 * user + 1] - y) ** 2
      if (far < near) [found, near] = [user, far]
    }
    return found
  }

  // A ring around the first of these users, and lines to the others.
  mark([user, ...others]) {
    const { marks: pen, places } = this
    this.marked = [user, ...others]
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height)
    if (!(2 * user < places?.length)) return
    const at = one => [places[2 * one], places[2 * one + 1]]
    Object.assign(pen, { strokeStyle: getComputedStyle(this.el).color, lineWidth: 0.5 })
    pen.beginPath()
    for (const other of others) {
      pen.moveTo(...at(user))
      pen.lineTo(...at(other))
    }
    pen.stroke()
    pen.lineWidth = 2.5
    pen.beginPath()
    pen.arc(...at(user), this.radius + 4, 0, 7)
    pen.stroke()
  }

  remove() {
    this.resized.disconnect()
    darkGround.removeEventListener('change', this.repaint)
  }

  #put(user, kind) {
    const half = this.dots[kind].half
    this.users.drawImage(this.dots[kind].canvas, this.places[2 * user] - half, this.places[2 * user + 1] - half, 2 * half, 2 * half)
  }

  #dot({ color, pale, core }, scale) {
    const half = Math.ceil(this.radius + 1)
    const canvas = element('canvas', { width: 2 * half * scale, height: 2 * half * scale })
    const pen = canvas.getContext('2d')
    pen.scale(scale, scale)
    pen.beginPath()
    pen.arc(half, half, this.radius, 0, 7)
    pen.globalAlpha = pale ? 0.45 : 1
    pen.fillStyle = tint(color, this.onDark)
    pen.fill()
    if (core) {
      pen.beginPath()
      pen.arc(half, half, this.radius * 0.5, 0, 7)
      pen.fillStyle = getComputedStyle(this.el).color
      pen.fill()
    }
    return { canvas, half }
  }

  #drawContacts() {
    const pairs = this.run.contacts
    const pen = this.contacts
    pen.strokeStyle = darkGround.matches ? 'rgba(190, 205, 235, 0.09)' : 'rgba(30, 45, 80, 0.07)'
    pen.lineWidth = 0.7
    pen.beginPath()
    for (let i = 0; i < pairs.length; i += 2) {
      pen.moveTo(this.places[2 * pairs[i]], this.places[2 * pairs[i] + 1])
      pen.lineTo(this.places[2 * pairs[i + 1]], this.places[2 * pairs[i + 1] + 1])
    }
    pen.stroke()
  }

  #drawNames() {
    const style = getComputedStyle(this.el)
    const pen = this.names
    pen.font = `600 12px ${style.fontFamily}`
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.lineWidth = 4
    pen.lineJoin = 'round'
    pen.strokeStyle = style.backgroundColor
    pen.fillStyle = style.color
    this.discs.forEach((disc, i) => {
      const name = this.run.communities[i].label
      if (disc.r < NAMED_FROM || !name) return
      pen.strokeText(name, disc.x, disc.y + disc.r - 2)
      pen.fillText(name, disc.x, disc.y + disc.r - 2)
    })
  }

  #ring(now) {
    const { rings: pen, places, radius } = this
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height)
    this.ringing = this.ringing.filter(week => now - week.since < week.lasts)
    pen.lineWidth = 1.4
    for (const { since, lasts, byKind } of this.ringing) {
      const age = Math.max(0, (now - since) / lasts)
      const wide = radius * (1.3 + 2.2 * age)
      pen.globalAlpha = 0.85 * (1 - age)
      byKind.forEach((users, kind) => {
        pen.strokeStyle = tint(this.kinds[kind].color, this.onDark)
        pen.beginPath()
        for (const user of users) {
          pen.moveTo(places[2 * user] + wide, places[2 * user + 1])
          pen.arc(places[2 * user], places[2 * user + 1], wide, 0, 7)
        }
        pen.stroke()
      })
    }
    pen.globalAlpha = 1
    if (this.ringing.length) requestAnimationFrame(t => this.#ring(t))
  }
}
