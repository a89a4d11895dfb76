// Twins: two runs with the same luck side by side under one clock, and how sure their differences are.
import { Chart, Shares } from './chart.js'
import { Clock } from './clock.js'
import { button, calm, element, fill, locale, numbers, row } from './dom.js'
import { Network } from './network.js'
import { go, here, note, runOf } from './place.js'
import { render as show } from './player.js'
import { answerOf, Recording, served } from './recording.js'

const [A, B] = ['story=china-2013', 'story=china-2013-nobody-offers']
const REPLICATES = [4, 8, 16, 32]

export const render = context => show(context, Twins)

class Twins {
  constructor(model) {
    for (const name of ['words', 'language', 'stories']) this[name] = model.get(name)
    Object.assign(this, { texts: this.words.compare, onDark: model.get('on_dark'), charts: [], ...numbers(this.language) })
    this.date = new Intl.DateTimeFormat(locale(this.language), { dateStyle: 'long', timeZone: 'UTC' })
    this.sides = [this.#side('a'), this.#side('b')]
    const want = week => this.sides.forEach(side => side.network.want(week))
    this.clock = new Clock(this.words.player, week => this.turn(week), week => this.rest(week), want)
    this.shares = new Shares(this.texts.shares, this.onDark, this.language)
    this.#build()
  }

  // The runs that the address names, B with A's luck; whoever comes from another story sees it as B.
  async open() {
    const place = here()
    const from = `story=${place.get('story') ?? 'china-2013'}`
    const queries = [place.get('a') ?? A, place.get('b') ?? (from === A ? B : from)].map(runOf)
    const [seed, other] = queries.map(query => query.get('seed') || '0')
    for (const query of queries) query.set('seed', seed)
    const asked = queries.join(' ')
    if (asked === this.asked) return
    this.#leave()
    Object.assign(this, { asked, loaded: false, failed: false, partners: null, wanted: Number(place.get('week')) || 0 })
    this.luck.textContent = fill(this.texts.same_luck, { seed }) + (other === seed ? '' : ` ${fill(this.texts.other_luck, { other })}`)
    this.sides.forEach((side, i) => {
      Object.assign(side, { query: queries[i], run: new Recording(served(queries[i]), this.language) })
      side.story.value = queries[i].get('story') ?? this.stories[0].name
      side.play.href = `/play?${queries[i]}&lang=${this.language}`
      Object.assign(side.network, { drawn: false, start: null })
    })
    this.notice.textContent = fill(this.words.page.computing, { title: this.sides.map(s => s.story.selectedOptions[0]?.text).join(' | ') })
    try {
      const runs = this.sides.map(({ run }) => run.open(() => asked === this.asked && this.#grown()))
      await Promise.all([...runs, this.measure()])
    } catch (error) {
      if (asked === this.asked) this.#fail(error)
    }
  }

  // Shows a week on both stages, and how the shares differ in it.
  turn(week) {
    const [a, b] = this.sides.map(side => side.run)
    for (const { network } of this.sides) network.turn(week, this.clock.speed)
    this.week.textContent = fill(this.words.stage.week, { week })
    this.day.textContent = this.date.format(new Date(b.start.dates[week]))
    this.clock.slider.setAttribute('aria-valuetext', `${this.week.textContent}, ${this.day.textContent}`)
    this.shares.turn(week)
    this.weekly.replaceChildren(...b.start.apps.slice(1).flatMap(({ label }, k) => {
      const [one, other] = [a.series.active[this.partners[k]]?.[week], b.series.active[k][week]]
      return one === undefined ? [] : [row('row', label, this.tenths(one), this.tenths(other), this.signed(100 * (other - one)))]
    }))
  }

  rest(week) {
    this.unseen.textContent = [this.week.textContent, ...this.sides.flatMap(s => [s.name, ...s.network.told()])].join(', ')
    if (week || here().has('week')) note({ week: week || null })
  }

  // Asks for replicates as they come, until all are there or the page has gone on.
  async measure() {
    const [asked, of] = [this.asked, this.replicates.value]
    const [a, b] = this.sides.map(side => side.query)
    for (let known = ''; known < of && asked === this.asked && of === this.replicates.value;) {
      const answer = await answerOf('difference', new URLSearchParams({ a, b, lang: this.language, replicates: of, known }))
      const told = await answer.json()
      if (asked === this.asked) this.#tell(told)
      known = told.done
    }
  }

  remove() {
    this.#leave()
    this.asked = null
    for (const part of [...this.sides.map(side => side.network), this.clock, this.shares]) part.remove()
  }

  #leave() {
    this.clock.playing = false
    this.clock.hold(true)
    for (const { run } of this.sides) if (run) run.left = true
    for (const chart of this.charts.splice(0)) chart.remove()
    this.plots.replaceChildren()
  }

  // More is known of one of the runs.
  #grown() {
    const [a, b] = this.sides.map(side => side.run)
    if (!a.start || !b.start) return
    if (!this.partners) {
      this.partners = b.start.apps.slice(1).map(app => a.start.apps.findIndex(x => x.name === app.name) - 1)
      this.shares.begin(b)
      const view = here().get('view') ?? (a.start.focus || b.start.focus || 'main')
      for (const { network, run } of this.sides) network.show(run, view).catch(network.failed)
    }
    this.shares.behind(this.partners.map(i => a.series.active?.[i] ?? []))
    this.#grow()
  }

  #grow() {
    const limit = Math.min(...this.sides.map(side => side.network.limit))
    if (limit < 0 || this.failed) return
    if (!this.loaded) {
      this.loaded = true
      this.notice.textContent = ''
      this.clock.hold(false)
      this.clock.load(Math.min(...this.sides.map(side => side.run.start.weeks)), !calm.matches && !this.wanted)
      if (this.wanted) this.clock.go(this.wanted)
    }
    this.clock.grow(limit)
  }

  // Both in the same view; where one of them does not have it, in the main one.
  #viewed(view) {
    this.sides.find(({ network }) => network.start && network.view !== view)?.network.look(view)
    if (!this.loaded) return
    note({ view: this.sides[0].network.view })
    this.clock.limit = this.clock.week
  }

  #fail(error) {
    if (!error.told) throw error
    const { problem, crashed, away } = error.told
    if (away) dispatchEvent(new Event('explorer.away'))
    this.failed ||= !away
    if (!away) this.notice.textContent = problem ?? fill(this.words.page.crashed, { reason: crashed })
  }

  #tell({ differing, done, of, rows, charts }) {
    this.differing.replaceChildren(...differing.map(text => element('li', {}, text)))
    this.pairs.textContent = fill(this.texts.progress, { done, of })
    this.measures.replaceChildren(...rows.map(([who, what, unit, ...cells]) => row('row', `${who}: ${what} (${unit})`, ...cells)))
    charts.forEach(({ title, option, height }, i) => {
      const chart = this.charts[i] ??= new Chart(title, this.onDark, this.language)
      chart.el.style.height = `${height}px`
      if (!chart.el.isConnected) this.plots.append(element('figure', {}, element('figcaption', {}, title), chart.el))
      chart.show({ ...option, grid: { ...option.grid, left: 30 } })
    })
  }

  // Other runs in place of these.
  #pair(a, b) {
    go(new URLSearchParams({ ...Object.fromEntries(here()), a, b }))
  }

  #side(name) {
    const { texts, words: { stage } } = this
    const network = new Network(stage, this.onDark, this.language, { grown: () => this.#grow(), viewed: view => this.#viewed(view) })
    network.failed = error => this.#fail(error)
    const story = element('select', { 'aria-label': texts[`story_${name}`], onchange: () => this.#pair(...this.sides.map(side =>
      side.name === texts[name] ? new URLSearchParams({ story: story.value, seed: side.query.get('seed') }) : side.query)) },
    ...this.stories.map(s => element('option', { value: s.name }, s.title)))
    const play = element('a', {}, texts.play)
    const el = element('section', { class: 'card network', 'aria-label': texts[name] },
      element('div', { class: 'line' }, element('h2', {}, texts[name]), story, play), network.stage.el, network.legend)
    return { name: texts[name], story, network, play, el }
  }

  #build() {
    const { texts, words: { player }, sides: [a, b], clock } = this
    const parts = { luck: 'p', differing: 'ul', week: 'strong', day: 'span', weekly: 'tbody', measures: 'tbody', plots: 'div' }
    for (const [name, tag] of Object.entries(parts)) this[name] = element(tag, { class: name })
    for (const name of ['notice', 'pairs', 'unseen']) this[name] = element('p', { class: name, role: 'status' })
    this.differing.tabIndex = 0 // it scrolls
    this.replicates = element('select', { onchange: () => this.measure().catch(error => this.#fail(error)) },
      ...REPLICATES.map(n => element('option', { selected: n === 8 }, n)))
    const table = (body, ...headers) => element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': headers[0] },
      element('table', {}, element('thead', {}, row('col', ...headers)), body))
    const card = (name, ...inside) => element('section', { class: 'card' }, element('h2', {}, texts[name]), ...inside)
    this.el = element('main', { class: 'twins', id: 'main' },
      element('div', { class: 'toolbar' }, element('h1', {}, texts.title), button(texts.swap, () => this.#pair(b.query, a.query))),
      card('differs', this.differing, this.luck), this.notice, a.el, b.el,
      element('section', { class: 'card time', 'aria-label': player.scrub },
        element('div', { class: 'line' }, this.week, this.day, a.network.choice), clock.buttons,
        element('div', { class: 'track' }, clock.slider), this.unseen),
      card('shares', this.shares.el), card('difference', table(this.weekly, texts.app, texts.a, texts.b, texts.difference)),
      card('numbers', element('p', { class: 'muted' }, texts.numbers_help), element('label', {}, texts.replicates, ' ', this.replicates),
        ' ', this.pairs, this.plots,
        table(this.measures, texts.measure, texts.a, texts.b, texts.difference, texts.low, texts.high, texts.clear)))
  }
}
