// Offers as bars on the time line, under the slider and on the same scale: drag to move or stretch, click to edit.
import { told } from './answers.js'
import { button, dates, element, fill, ground, parsed, partsOf } from './dom.js'
import { rerun } from './change.js'
import { Form, said } from './editor.js'
import { changed, changesOf, here } from './place.js'

const GRIP = 10
const PAUSE_MS = 700

const within = (value, low, high) => Math.max(low, Math.min(high, value))

export class Offers {
  constructor(player) {
    const { axis, offers: rows, add } = player.at
    Object.assign(this, { player, words: player.words.offers, axis, rows, dates: dates({ dateStyle: 'medium' }) })
    if (!player.replay) add.onclick = () => this.#add()
  }

  async begin(run) {
    Object.assign(this, { run, offers: run.start.offers, last: Math.max(1, run.start.weeks - 1), moving: null })
    this.axis.replaceChildren(...this.#ticks(run.start.dates))
    this.show()
    if (this.player.replay) return
    const answer = await told('offers', `${this.player.asked}&lang=${this.player.language}`).catch(() => null)
    if (this.run !== run || !answer) return
    this.told = answer
    this.form = new Form(this.player.at.ask, partsOf(parsed(answer.forms)))
    this.player.at.add.disabled = false
    this.show()
  }

  grown(line) {
    this.offers = line.offers ?? this.offers
    if (line.offers && !this.moving) this.show()
  }

  turn(week) { for (const { bar, start, end } of this.bars) bar.classList.toggle('on', start <= week && week < end) }

  // The first week in which an offer is over.
  until({ start, end, length_weeks: length }) {
    return end ?? (length === null ? Math.max(this.run.start.weeks, start + 1) : start + length)
  }

  span(start, until) {
    const day = week => new Date(Date.parse(this.run.start.dates[0]) + 7 * 864e5 * week)
    if (until > this.last) return fill(this.words.since, { date: this.dates.format(day(start)) })
    return this.dates.formatRange(day(start), day(until))
  }

  // What readers call an app, a carrier or an offer.
  label(name) {
    return [...this.run.start.apps, ...this.run.start.carriers, ...this.offers].find(one => one.name === name)?.label ?? name
  }

  // A name for one more offer of an app.
  free(app, number = 1) {
    const name = fill(this.words.named, { app: this.label(app), number })
    return this.offers.some(offer => offer.name === name) ? this.free(app, number + 1) : name
  }

  // What changes an address so that an offer has these fields; null: it is taken out.
  #written(name, fields) {
    const [at, base, toml] = [`offers.${name}`, this.told.written[name], value => value === null ? '' : JSON.stringify(value)]
    const same = (key, value) => !base || toml(value) === toml(base[key])
    const table = fields && `{${said(fields).map(([key, value]) => `${key}=${toml(value)}`)}}`
    return place => {
      const changes = base && fields ? {} : { [at]: table ?? (base ? '' : null) }
      if (!fields) for (const path of changesOf(place).keys()) if (path.startsWith(`${at}.`)) changes[path] = null
      for (const [key, value] of Object.entries(fields ?? {})) changes[`${at}.${key}`] = same(key, value) ? null : toml(value)
      return changed(place, changes)
    }
  }

  write(name, fields) { rerun(this.player, this.#written(name, fields)) }

  edit(name, removing = false) {
    const fields = this.moving?.name === name ? this.moving.fields : this.told.offers[name]
    this.form.offer(this, { title: this.label(name), fields, hidden: ['apps'], removing, places: this.told.written[name]?.places,
      done: now => this.write(name, now), remove: () => this.write(name, null) })
  }

  // From the playhead on, for the app that is looked at.
  #add() {
    const [{ week, network: { view } }, { apps }] = [this.player, this.run.start]
    const { name } = apps.find(one => one.name === view) ?? apps[1]
    const fields = { ...this.told.blank, apps: [name], start: week, length_weeks: 26 }
    this.form.offer(this, { title: this.words.add, fields, done: now => this.write(this.free(now.apps[0]), now) })
  }

  // While a bet hides the future, of the offers as the story has them.
  show() {
    const held = document.activeElement?.dataset?.offer
    const shown = this.player.blind ? this.run.start.offers : this.offers
    this.bars = shown.map(offer => ({ ...offer, bar: this.#bar(offer) }))
    const rows = this.bars.map(({ bar, label, terms, idle }) => {
      const told = element('span', {}, idle ? `${terms} · ${this.words.idle}` : terms)
      return element('li', {}, element('div', { class: 'offer', title: terms }, element('b', {}, label), told),
        element('div', { class: 'track' }, bar))
    })
    this.rows.replaceChildren(...rows.length ? rows : [element('li', { class: 'empty' }, this.words.none)])
    this.bars.find(({ name }) => name === held)?.bar.focus({ preventScroll: true })
    this.turn(this.player.week)
  }

  #bar({ name, label, start, end, idle, color }) {
    const own = this.told?.offers[name]
    const style = `${ground(color, this.player.onDark, '--color')}; ${this.#place(start, end)}`
    return button('', () => this.dragged || this.edit(name), { class: idle ? 'bar idle' : 'bar', 'data-offer': name, disabled: !own, style,
      'aria-label': `${label}, ${this.span(start, end)}`, title: own ? this.words.help : this.told && this.words.made,
      onpointerenter: () => this.#known(name) && this.player.preview.ready(own.apps[0]), onpointerdown: event => this.#grab(event, name), onkeydown: event => this.#key(event, name), onblur: () => this.#drop() })
  }

  // Whether the map can show whose use an offer changes.
  #known(name) { return this.run.start.apps.some(app => app.name && app.name === this.told?.offers[name]?.apps[0]) }

  #place(start, end) {
    const [from, to] = [Math.max(0, start), Math.min(end, this.last)].map(week => 100 * week / this.last)
    return `left: ${from}%; width: ${to - from}%`
  }

  #grab(event, name) {
    const bar = event.currentTarget
    const { left, right, width } = bar.getBoundingClientRect()
    const grip = Math.min(GRIP, width / 4)
    const [first, last] = [event.clientX < right - grip, event.clientX > left + grip]
    this.dragged = false
    if (event.button === 0) bar.setPointerCapture(event.pointerId)
    bar.onpointermove = ({ clientX, pointerId }) => {
      if (!bar.hasPointerCapture(pointerId)) return
      const weeks = Math.round((clientX - event.clientX) / bar.parentElement.clientWidth * this.last)
      this.dragged ||= weeks !== 0
      this.#move(name, first * weeks, last * weeks)
    }
    bar.onlostpointercapture = () => this.#drop()
  }

  #key(event, name) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Delete: 0 }[event.key]
    this.dragged = false
    if (step === undefined) return
    event.preventDefault()
    if (!step) return this.edit(name, true)
    const { left = 0, right = 0 } = this.moving ?? {}
    this.#move(name, event.shiftKey ? left : left + step, right + step)
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.#drop(), PAUSE_MS)
  }

  // An offer that starts and ends so many weeks later, still written with an end, a length, or neither.
  #move(name, left, right) {
    const [was, { bar }, { weeks }] = [this.told.offers[name], this.bars.find(one => one.name === name), this.run.start]
    const [over, open] = [this.until(was), was.end === null && was.length_weeks === null && (left === right || !right)]
    const start = within(was.start + left, Math.min(0, was.start), weeks - 1)
    const until = within(over + (left === right ? start - was.start : right), start + 1, Math.max(weeks, over + start - was.start))
    const fields = { ...was, start, end: was.end === null ? null : until, length_weeks: was.end === null && !open ? until - start : null }
    this.moving = { name, left, right, fields, other: start !== was.start || until !== over }
    bar.style.cssText += this.#place(start, until)
    bar.parentElement.dataset.dates = this.player.at.spoken.textContent = this.span(start, until)
    bar.parentElement.style.setProperty('--middle', within((start + until) / 2 / this.last, 0, 1))
    if (this.#known(name)) this.player.preview.show(this.#written(name, fields)(here()), was.apps[0])
  }

  #drop() {
    const { name, fields, other } = this.moving ?? {}
    this.moving = null
    if (!other) this.player.preview?.end()
    if (name) other ? this.write(name, fields) : this.show()
  }

  // The first week of each half year, by name.
  #ticks(days) {
    const format = dates({ month: 'short', year: 'numeric' })
    const names = days.map((date, week) => element('span', { style: `left: ${100 * week / this.last}%` }, format.format(new Date(date))))
    return names.filter((_, week) => !week || (/-0[17]-0[1-7]$/.test(days[week]) && week > 0.1 * this.last && week < 0.93 * this.last))
  }
}
