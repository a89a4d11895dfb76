// The map: contacts drawn once, users redrawn where they change, a ring at each new main app, around each community a
// ring of what its people are.
import { arrange, whole } from './layout.js'
import { calm, darkGround, element, redrawn, tint } from './dom.js'
import { Zoom } from './zoom.js'

const DOT = 0.66
const RING_MS = 700
const ANEW = 8 // where more than a part in so many has changed, drawing all anew is faster than rubbing out
const RING_WEEKS = 4
const LARGE = 1.5 // of a dot that must be seen among many
const LINE = 9 // half the height of a name
const [MARGIN, GAP, WIDE] = [14, 3, 3] // around the map; from a disc to its ring of shares; how wide that is

const within = (value, low, high) => Math.max(low, Math.min(high, value))
const overlap = (a, b) => Math.abs(a.x - b.x) < a.half + b.half && Math.abs(a.y - b.y) < 2 * LINE

export class Stage {
  constructor(el, onDark, words) {
    Object.assign(this, { el, onDark, ringing: [], marked: [], remove: redrawn(el, () => this.redraw()) })
    this.pens = [...el.querySelectorAll('canvas')].map(layer => layer.getContext('2d'));
    [this.contacts, this.users, this.portions, this.rings, this.names, this.marks] = this.pens
    this.zoom = new Zoom(el, words, () => this.#arrange())
  }

  // run: the start of a recording, with its contacts; film: its Film; kinds: how a user of each kind is drawn;
  // note: what stands behind a community's name, of how many of each kind are in it; ties: kinds whose ties are drawn.
  show(run, film, kinds, { note = () => '', ties = [] } = {}) {
    Object.assign(this, { run, film, kinds, note, ties, ringing: [] })
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
    const { communities } = this.run
    const named = communities.some(({ label }) => label) ? 2 * LINE : 0
    this.zoom.begin(communities, whole(communities, width, height, MARGIN, named))
    this.scale = scale
    this.#arrange()
  }

  // All that hangs on the view of the map.
  #arrange() {
    const { unit } = this.zoom.view
    Object.assign(this, arrange(this.run.communities, this.zoom.view), { unit, radius: Math.max(0.8, DOT * unit) })
    this.dots = this.kinds.map(kind => this.#dot(kind, this.scale))
    this.#clear(this.contacts)
    this.#grounds()
    const faint = this.zoom.close ? 0.22 : 0.09
    this.#lines(this.contacts, this.run.contacts, darkGround.matches ? `rgba(190, 205, 235, ${faint})` : `rgba(30, 45, 80, ${faint})`, 0.7)
    this.#drawUsers()
    this.#drawShares()
    this.#ring(performance.now())
    this.mark(this.marked)
  }

  // Users that changed; rings for those that moved in this week; weeks a second, lest rings pile up.
  update(touched, moved, pace) {
    if (!this.places) return
    const { users, film } = this
    const overlapping = touched.length && this.kinds.some(kind => kind.large)
    if (overlapping || touched.length > film.users / ANEW) this.#drawUsers()
    else {
      users.globalCompositeOperation = 'destination-out'
      this.#circles(users, touched, this.radius + 0.7)
      users.fill()
      users.globalCompositeOperation = 'source-over'
      for (const user of touched) this.#put(user, film.frame[user])
    }
    if (touched.length) this.#drawShares()
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
    this.#clear(pen)
    if (!(2 * user < this.places?.length)) return
    this.#lines(pen, others.flatMap(other => [user, other]), getComputedStyle(this.el).color, 0.5)
    this.#circles(pen, [user], this.radius + 4)
    pen.lineWidth = 2.5
    pen.stroke()
  }

  #clear(pen) { pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height) }

  #drawUsers() {
    this.#clear(this.users)
    this.film.frame.forEach((kind, user) => this.#put(user, kind))
  }

  #put(user, kind) {
    const { half, canvas } = this.dots[kind]
    this.users.drawImage(canvas, this.places[2 * user] - half, this.places[2 * user + 1] - half, 2 * half, 2 * half)
  }

  #dot({ color, pale, core, large }, scale) {
    const own = this.radius * (large ? LARGE : 1)
    const half = Math.ceil(own + 1)
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
    disc(own, tint(color, this.onDark))
    if (core) disc(own * 0.5, getComputedStyle(this.el).color)
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

  // The ground of each community.
  #grounds() {
    const pen = this.contacts
    pen.fillStyle = darkGround.matches ? 'rgba(190, 205, 235, 0.05)' : 'rgba(30, 45, 80, 0.035)'
    for (const { x, y, r } of this.discs) {
      pen.beginPath()
      pen.arc(x, y, r + GAP, 0, 7)
      pen.fill()
    }
  }

  // Around each community a ring of its people by kind, from the top on, the last kinds first; its name with what is
  // noted of it; and the ties between people of the kinds that are asked for.
  #drawShares() {
    const { portions: pen, film, run, kinds } = this
    const counts = run.communities.map(() => new Array(256).fill(0))
    let user = 0
    run.communities.forEach(({ size }, i) => { for (const end = user + size; user < end; user++) counts[i][film.frame[user]]++ })
    this.#clear(pen)
    pen.lineWidth = WIDE
    this.discs.forEach(({ x, y, r }, i) => {
      const total = run.communities[i].size
      let angle = -Math.PI / 2
      for (let kind = kinds.length - 1; kind >= 0; kind--) {
        if (!counts[i][kind]) continue
        const next = angle + 2 * Math.PI * counts[i][kind] / total
        pen.globalAlpha = kinds[kind].pale ? 0.45 : 1
        pen.strokeStyle = tint(kinds[kind].color, this.onDark)
        pen.beginPath()
        pen.arc(x, y, r + GAP, angle, next)
        pen.stroke()
        angle = next
      }
    })
    pen.globalAlpha = 1
    for (const kind of this.ties) {
      const { contacts } = run
      const joined = []
      for (let i = 0; i < contacts.length; i += 2) {
        if (film.frame[contacts[i]] === kind && film.frame[contacts[i + 1]] === kind) joined.push(contacts[i], contacts[i + 1])
      }
      this.#lines(pen, joined, tint(kinds[kind].color, this.onDark), 0.8)
    }
    this.#drawNames(counts)
  }

  // Names below their discs or, where there is no room, above or inside; larger discs first, none over another.
  #drawNames(counts) {
    const { fontFamily, backgroundColor: strokeStyle, color: fillStyle } = getComputedStyle(this.el)
    const { names: pen, el: { clientWidth: width, clientHeight: height } } = this
    this.#clear(pen)
    Object.assign(pen, { font: `600 12px ${fontFamily}`, textAlign: 'center', textBaseline: 'middle', lineWidth: 4, lineJoin: 'round',
      strokeStyle, fillStyle })
    const taken = []
    const named = this.discs.map((disc, i) => ({ ...disc, i, name: this.run.communities[i].label }))
      .filter(({ x, y, r, name }) => name && x > -r && y > -r && x < width + r && y < height + r)
    for (const { i, name, x, y, r } of named.sort((a, b) => b.r - a.r)) {
      const text = [name, this.note(counts[i])].filter(Boolean).join('  ')
      const half = pen.measureText(text).width / 2 + 3
      if (2 * half > width) continue
      const box = at => ({ x: within(x, half, width - half), y: within(at, LINE, height - LINE), half })
      const away = r + GAP + WIDE + LINE
      const free = [y + away, y - away, y].map(box).find(one => !taken.some(other => overlap(one, other)))
      if (!free) continue
      taken.push(free)
      pen.strokeText(text, free.x, free.y)
      pen.fillText(text, free.x, free.y)
    }
  }

  #ring(now) {
    const pen = this.rings
    this.#clear(pen)
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
