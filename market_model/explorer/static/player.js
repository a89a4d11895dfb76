// The page of a run: stage, clock, offers, chart and news, all moved by one clock.
import { Cards } from './cards.js'
import { Ghost } from './change.js'
import { Bets } from './bets.js'
import { Shares } from './chart.js'
import { Clock } from './clock.js'
import { Decide } from './decide.js'
import { calm, element, fill, locale } from './dom.js'
import { Drawer } from './drawer.js'
import { Inspector } from './inspector.js'
import { Network } from './network.js'
import { Offers } from './offers.js'
import { Exports } from './exports.js'
import { Help } from './help.js'
import { Panels } from './panels.js'
import { here, note, runOf } from './place.js'
import { Recording, served, stored } from './recording.js'
import { Toolbar } from './toolbar.js'

export function render({ model, el }, Page = Player) {
  const player = new Page(model)
  el.replaceChildren(player.el, player.panels?.el ?? '')
  const open = () => player.open(model.get('query'))
  model.on('change:query', open)
  open()
  return () => {
    model.off('change:query', open)
    player.remove()
  }
}

export class Player {
  constructor(model) {
    this.model = model
    this.replay = model.get('replay') // the parts of a run, where there is no server
    this.words = model.get('words')
    this.onDark = model.get('on_dark')
    this.language = model.get('language')
    this.date = new Intl.DateTimeFormat(locale(this.language), { dateStyle: 'long', timeZone: 'UTC' })
    const { stage, player, shares } = this.words
    this.network = new Network(stage, this.onDark, this.language, { grown: () => this.#grow(), viewed: view => this.#viewed(view) })
    this.network.failed = error => this.#fail(error)
    this.clock = new Clock(player, week => this.turn(week), week => this.rest(week), week => this.network.want(week))
    this.shares = new Shares(shares.title, this.onDark, this.language)
    this.toolbar = new Toolbar(this)
    this.offers = new Offers(this)
    // Each part has begin(run), grown(line), turn(week), rest(week), remove(); all but remove may be missing.
    this.help = new Help(this)
    this.drawer = new Drawer(this)
    this.decide = new Decide(this)
    this.ghost = new Ghost(this)
    this.bets = new Bets(this)
    Object.assign(this, { cards: new Cards(this), panels: new Panels(this), inspector: new Inspector(this) })
    this.parts = [this.toolbar, this.drawer, this.offers, this.decide, this.ghost, this.bets, this.help, new Exports(this), this.cards, this.panels, this.inspector]
    this.#build()
    // A replay has no server: parts that need one (`static live`) go; their remove() returns nothing.
    if (this.replay) this.parts = this.parts.filter(part => !part.constructor.live || part.remove() || part.el?.remove())
  }

  // The run that the address names, from its first week or the one that the address says.
  async open(query) {
    const [run, place] = [runOf(query).toString(), new URLSearchParams(query)]
    if (run === this.asked && this.run && !this.failed) return
    this.asked = run
    if (this.run) this.run.left = true
    this.failed = false
    const title = this.model.get('stories').find(s => s.name === (place.get('story') ?? ''))?.title ?? ''
    this.#say([fill(this.words.page.computing, { title })])
    const recording = this.run = new Recording(this.replay ? stored(this.replay) : served(run), this.language)
    this.wanted = Number(place.get('week')) || 0
    try {
      await recording.open(line => this.#take(recording, line))
    } catch (error) {
      if (this.run === recording) this.#fail(error)
    }
  }

  // Shows a week.
  turn(week) {
    if (!this.run.start) return
    this.week = week
    this.network.turn(week, this.clock.speed)
    const { dates, weeks } = this.run.start
    this.title.textContent = fill(this.words.stage.week, { week })
    this.day.textContent = this.date.format(new Date(dates[week]))
    this.time.style.setProperty('--at', week / Math.max(1, weeks - 1))
    this.clock.slider.setAttribute('aria-valuetext', `${this.title.textContent}, ${this.day.textContent}`)
    this.shares.turn(week)
    for (const part of this.parts) part.turn?.(week)
    this.#happens(week)
  }

  // What readers of the screen hear when the clock rests, and the address says.
  rest(week) {
    if (!this.run?.start) return
    this.spoken.textContent = [fill(this.words.stage.week, { week }), ...this.network.told()].join(', ')
    for (const part of this.parts) part.rest?.(week)
    if (week || here().has('week')) note({ week: week || null })
  }

  remove() {
    if (this.run) this.run.left = true
    for (const part of [this.network, this.clock, this.shares, ...this.parts]) part.remove()
  }

  #take(recording, line) {
    if (this.run !== recording) return
    if (line.kind === 'start') this.#begin(recording)
    for (const part of this.parts) part.grown?.(line)
    this.#grow()
  }

  #begin(run) {
    const { news, weeks } = run.start
    this.week = this.wanted = Math.min(this.wanted, weeks - 1)
    this.shares.begin(run)
    for (const part of this.parts) part.begin?.(run)
    this.news.hidden = !news.length
    this.lastTold = null
    this.loaded = false
    this.weeks = weeks
    this.network.show(run, here().get('view') ?? (run.start.focus || 'main')).catch(error => this.#fail(error))
  }

  #grow() {
    const { limit } = this.network
    if (limit < 0 || this.failed) return
    if (!this.loaded) {
      if (limit < this.wanted) return this.network.want(this.wanted)
      this.loaded = true
      this.el.classList.add('loaded')
      this.#say([])
      this.clock.load(this.weeks, !calm.matches && !this.wanted)
      if (this.wanted) this.clock.go(this.wanted)
    }
    this.clock.grow(limit)
  }

  #viewed(view) {
    if ((here().get('view') ?? (this.run.start.focus || 'main')) !== view) note({ view })
    if (this.loaded) this.clock.limit = this.clock.week
  }

  #say(message) {
    this.waiting.replaceChildren(...message.map(text => element('p', {}, text)))
    this.waiting.hidden = !message.length
    this.notice.hidden = true
    this.el.classList.toggle('covered', message.length > 0)
    if (message.length && this.clock.playing) this.clock.stop()
  }

  // What went wrong; the server may be away, then the page waits for it.
  #fail(error) {
    const { page } = this.words
    const { problem, crashed, away } = error.told ?? {}
    if (!error.told) throw error
    if (away) dispatchEvent(new Event('explorer.away'))
    if (away && this.loaded) return this.network.leave()
    this.failed = true
    this.#say([])
    this.el.classList.add('covered')
    const text = problem ?? (crashed ? fill(page.crashed, { reason: crashed }) : page.away)
    const again = element('button', { type: 'button', class: 'act', onclick: () => this.open(here().toString()) }, page.again)
    this.notice.replaceChildren(element('p', {}, page.problem), element('p', {}, text),
      element('div', { class: 'line' }, ...this.ghost.remedies(), again))
    this.notice.hidden = false
    this.clock.stop()
  }

  #build() {
    const { network, clock, offers, shares, toolbar, words, cards, panels, inspector } = this
    this.title = element('h1', { class: 'week' })
    this.day = element('span', { class: 'muted' })
    this.spoken = element('p', { class: 'unseen', 'aria-live': 'polite' })
    this.waiting = element('div', { class: 'notice waiting', role: 'status' })
    this.notice = element('div', { class: 'notice failed', role: 'alert' })
    const stage = element('section', { class: 'card network', 'aria-label': words.stage.label },
      element('div', { class: 'line' }, this.title, this.day, inspector.field, network.choice), network.stage.el, network.legend, network.about,
      this.spoken, this.waiting, this.notice)
    this.time = element('section', { class: 'card time', 'aria-label': words.player.scrub }, clock.buttons,
      element('div', { class: 'track' }, clock.slider), offers.axis, offers.rows, this.decide.row)
    clock.buttons.append(this.decide.el)
    this.told = element('ol', { class: 'told' })
    this.news = element('section', { class: 'card news', tabindex: 0, 'aria-label': words.news.title }, element('h2', {}, words.news.title), this.told)
    const curves = element('section', { class: 'card shares' }, element('h2', {}, words.shares.title),
      element('p', { class: 'muted' }, words.shares.help), this.ghost.el, shares.el, panels.curves)
    this.side = element('div', { class: 'side' }, curves, this.bets.el, this.news, inspector.el)
    this.el = element('main', { class: 'player', id: 'main' }, toolbar.el, cards.el, stage, this.time, this.side, this.drawer.el, this.help.el, offers.form.el)
  }

  #happens(week) {
    const known = this.run.start.news.filter(item => item.week <= week).slice(-3).reverse()
    const told = known.map(item => item.text).join('\n')
    if (told === this.lastTold) return
    this.lastTold = told
    this.told.replaceChildren(...known.map(item => element('li', {},
      element('time', {}, this.date.format(new Date(item.date))), item.text)))
    if (!known.length) this.told.replaceChildren(element('li', { class: 'muted' }, this.words.news.none))
  }
}
