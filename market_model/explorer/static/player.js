// The page of a run: stage, clock, offers, chart and news, all moved by one clock.
import { explain } from './answers.js'
import { Bets } from './bets.js'
import { Cards } from './cards.js'
import { Ghost } from './change.js'
import { Decide } from './decide.js'
import { button, element, fill, titled } from './dom.js'
import { Drawer } from './drawer.js'
import { Exports } from './exports.js'
import { Help } from './help.js'
import { Inspector } from './inspector.js'
import { Offers } from './offers.js'
import { Page, show } from './page.js'
import { Panels } from './panels.js'
import { here, note, runOf } from './place.js'
import { Recording, served, stored } from './recording.js'
import { Toolbar } from './toolbar.js'

// Parts by name, in the order of their buttons; each may have begin(run), grown(line), turn(week), rest(week) and remove().
const PARTS = { toolbar: Toolbar, offers: Offers, help: Help, drawer: Drawer, decide: Decide, ghost: Ghost, bets: Bets, exports: Exports,
  cards: Cards, panels: Panels, inspector: Inspector }
// Those that need a server.
const LIVE = ['toolbar', 'drawer', 'decide', 'ghost', 'bets', 'exports', 'inspector']

export const render = context => show(context, Player)

class Player extends Page {
  constructor(model) {
    super(model)
    this.replay = model.get('replay') // the pieces of a run, where there is no server
    this.network = this.addNetwork()
    for (const name in PARTS) this[name] = new PARTS[name](this)
    this.#build()
    const leave = name => [this[name].remove?.(), this[name].el?.remove()]
    if (this.replay) LIVE.forEach(leave)
    this.parts = Object.keys(PARTS).filter(name => !this.replay || !LIVE.includes(name)).map(name => this[name])
  }

  // The run that the address names, from its first week or the one that the address says.
  async open(query) {
    const [run, place] = [runOf(query).toString(), new URLSearchParams(query)]
    if (run === this.asked && !this.failed) return
    if (this.run) this.run.left = true
    Object.assign(this, { asked: run, failed: false, wanted: Number(place.get('week')) || 0 })
    const title = this.stories.find(story => story.name === (place.get('story') ?? 'china-2013'))?.title ?? ''
    this.#say(fill(this.words.page.computing, { title }))
    const recording = this.run = new Recording(this.replay ? stored(this.replay) : served(run), this.language)
    try {
      await recording.open(line => this.#take(line))
    } catch (error) {
      if (this.run === recording) this.fail(error)
    }
  }

  ready() {
    this.el.classList.add('loaded')
    this.#say('')
  }

  turned(week) {
    this.time.style.setProperty('--at', week / Math.max(1, this.weeks - 1))
    for (const part of this.parts) part.turn?.(week)
    this.#happens(week)
  }

  rested(week) {
    for (const part of this.parts) part.rest?.(week)
  }

  remove() {
    if (this.run) this.run.left = true
    super.remove()
    for (const part of this.parts) part.remove?.()
  }

  viewed(view) {
    if ((here().get('view') ?? this.focus) !== view) note({ view })
    if (this.loaded) this.clock.limit = this.clock.week
  }

  // What went wrong; the server may be away, then the page waits for it.
  fail(error) {
    const text = explain(error, this.words.page)
    if (error.told.away && this.loaded) return this.network.leave()
    this.failed = true
    this.#say('')
    this.el.classList.add('covered')
    const again = button(this.words.page.again, () => this.open(here().toString()), { class: 'act' })
    this.notice.replaceChildren(element('p', {}, this.words.page.problem), element('p', {}, text),
      element('div', { class: 'line' }, ...this.ghost.remedies(), again))
    this.notice.hidden = false
    this.clock.stop()
  }

  #take(line) {
    if (line.kind === 'start') this.#begin(this.run)
    for (const part of this.parts) part.grown?.(line)
    this.grow()
  }

  #begin(run) {
    this.focus = run.start.focus || 'main'
    this.begin([run], this.focus)
    for (const part of this.parts) part.begin?.(run)
    this.news.hidden = !run.start.news.length
    this.lastTold = null
  }

  #say(message) {
    this.waiting.replaceChildren(element('p', {}, message))
    this.waiting.hidden = !message
    this.notice.hidden = true
    this.el.classList.toggle('covered', Boolean(message))
    if (message && this.clock.playing) this.clock.stop()
  }

  #build() {
    const { network, clock, offers, shares, toolbar, words, cards, panels, inspector, decide } = this
    this.title = element('h1', { class: 'week' })
    this.waiting = element('div', { class: 'notice waiting', role: 'status' })
    this.notice = element('div', { class: 'notice failed', role: 'alert' })
    const stage = element('section', { class: 'card network', 'aria-label': words.stage.label },
      element('div', { class: 'line' }, this.title, this.day, inspector.field, network.choice),
      network.stage.el, network.legend, network.about, this.spoken, this.waiting, this.notice)
    this.time = element('section', { class: 'card time', 'aria-label': words.player.scrub }, clock.buttons,
      element('div', { class: 'track' }, clock.slider), offers.axis, offers.rows, decide.row)
    clock.buttons.append(decide.el)
    this.told = element('ol', { class: 'told' })
    this.news = titled(words.news.title, { class: 'card news', tabindex: 0, 'aria-label': words.news.title }, this.told)
    const curves = titled(words.shares.title, { class: 'card shares' }, element('p', { class: 'muted' }, words.shares.help),
      this.ghost.el, shares.el, panels.curves)
    const side = element('div', { class: 'side' }, curves, this.bets.el, this.news, inspector.el)
    this.el = element('main', { class: 'player', id: 'main' },
      toolbar.el, cards.el, stage, this.time, side, this.drawer.el, this.help.el, offers.form.el)
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
