// The page of a run: stage, clock, offers, chart and news, all moved by one clock.
import { explain } from './answers.js'
import { Bets } from './bets.js'
import { Cards } from './cards.js'
import { Ghost } from './change.js'
import { Curve } from './curve.js'
import { Decide } from './decide.js'
import { element, fill, show } from './dom.js'
import { Drawer } from './drawer.js'
import { Exports } from './exports.js'
import { Finding } from './finding.js'
import { Inspector } from './inspector.js'
import { Lesson } from './lesson.js'
import { Offers } from './offers.js'
import { Page } from './page.js'
import { Panels } from './panels.js'
import { here, note, runOf } from './place.js'
import { Preview } from './preview.js'
import { Recording, served, stored } from './recording.js'
import { Toolbar } from './toolbar.js'

// Parts by name; each may have begin(run), grown(line), turn(week), rest(week) and remove().
const ALWAYS = { offers: Offers, cards: Cards, curve: Curve, panels: Panels }
const SERVED = { toolbar: Toolbar, preview: Preview, drawer: Drawer, decide: Decide, ghost: Ghost, bets: Bets, exports: Exports, inspector: Inspector, lesson: Lesson }

export const render = context => show(context, Player)

class Player extends Page {
  constructor(model, at) {
    super(model, at)
    this.replay = model.get('replay') // the pieces of a run, where there is no server
    this.network = this.addNetwork(at)
    const parts = { ...ALWAYS, ...this.replay ? {} : SERVED }
    for (const name in parts) this[name] = new parts[name](this)
    this.parts = Object.keys(parts).map(name => this[name])
    if (!this.replay) {
      this.finding = new Finding(at.finding, this.network, this.words, week => this.clock.go(Number(week)))
      at.about.after(this.finding.what)
    }
    const { keys } = this.clock
    keys['?'] = at.keys.onclick = () => at.help.showModal()
    keys.f = at.whole.onclick = () => document.fullscreenElement ? document.exitFullscreen() : at.main.requestFullscreen()
    at.again.onclick = () => this.open(here().toString())
    at.whole.hidden = !document.fullscreenEnabled
  }

  // The run that the address names, from its first week or the one that the address says.
  async open(query, anew = false) {
    const [run, place] = [runOf(query).toString(), new URLSearchParams(query)]
    if (run === this.asked && !this.failed && !anew) return
    if (this.run) this.run.left = true
    Object.assign(this, { asked: run, failed: false, wanted: Number(place.get('week')) || 0 })
    this.at.main.classList.toggle('changed', ['set', 'then', 'do'].some(name => place.has(name)))
    const told = [...this.at.story?.options ?? []].find(({ value }) => !place.has('mission') && value === (place.get('story') ?? 'china-2013'))
    this.#say(told ? fill(this.words.page.computing, { title: told.text }) : this.words.page.opening)
    const recording = this.run = new Recording(this.replay ? stored(this.replay) : served(run), this.language, this.words.people, known => this.blind && this.bets.begun(known))
    try {
      await recording.open(line => this.#take(line))
    } catch (error) {
      if (this.run === recording) this.fail(error)
    }
  }

  ready() {
    this.at.main.classList.add('loaded')
    this.#say('')
  }

  // Whether a bet hides what comes after the first week.
  get blind() { return !this.replay && here().has('bet') && !here().get('bet').endsWith(';told') }

  turned(week) {
    this.at.time.style.setProperty('--at', week / Math.max(1, this.weeks - 1))
    for (const part of this.parts) part.turn?.(week)
    this.#happens(week)
  }

  rested(week) { for (const part of this.parts) part.rest?.(week) }

  remove() {
    if (this.run) this.run.left = true
    super.remove()
    for (const part of this.parts) part.remove?.()
  }

  viewed(view) {
    if ((here().get('view') ?? this.focus) !== view) note({ view })
    if (this.loaded) this.clock.limit = this.clock.week
  }

  // Through the lens, what it finds.
  counted() {
    const { ghost, run, asked } = this
    this.finding?.show([ghost.old, run], [ghost.pin, asked], this.week)
  }

  // What went wrong; the server may be away, then the page waits for it.
  fail(error) {
    if (error.told?.away && this.loaded) return this.network.leave()
    this.at.reason.textContent = explain(error, this.words.page)
    this.failed = true
    this.#say('')
    this.at.main.classList.add('covered')
    this.at.notice.hidden = false
    this.clock.stop()
  }

  #take(line) {
    if (line.kind === 'start') this.#begin(this.run)
    for (const part of this.parts) part.grown?.(line)
    this.grow()
    this.counted()
  }

  #begin(run) {
    this.focus = run.start.focus || 'main'
    this.begin([run], this.focus)
    for (const part of this.parts) part.begin?.(run)
    this.at.news.hidden = !run.start.news.length
    this.at.rate.textContent = Object.entries(this.words.rate).find(([story]) => run.start.story.startsWith(story))?.[1] ?? ''
    this.told = null
  }

  #say(message) {
    const { main, waiting, notice } = this.at
    waiting.replaceChildren(element('p', {}, message))
    waiting.hidden = !message
    notice.hidden = true
    main.classList.toggle('covered', Boolean(message))
    if (message && this.clock.playing) this.clock.stop()
  }

  #happens(week) {
    const known = this.run.start.news.filter(item => item.week <= week)
    if (known.length === this.told) return
    this.told = known.length
    this.at.told.replaceChildren(...known.slice(-3).reverse().map(item => element('li', {},
      element('time', {}, this.date.format(new Date(item.date))), item.text)))
  }
}
