// Twins: two runs with the same luck side by side under one clock, and how sure their differences are.
import { explain, told } from './answers.js'
import { Chart } from './chart.js'
import { button, choice, element, figure, fill, numbers, row, table, titled } from './dom.js'
import { Page, show } from './page.js'
import { go, here, note, runOf } from './place.js'
import { Recording, served } from './recording.js'

const [A, B] = ['story=china-2013', 'story=china-2013-nobody-offers']
const REPLICATES = [4, 8, 16, 32]

export const render = context => show(context, Twins)

class Twins extends Page {
  constructor(model) {
    super(model, model.get('words').compare.shares)
    Object.assign(this, { texts: this.words.compare, charts: [], runs: [], ...numbers(this.language) })
    this.sides = [this.#side('a'), this.#side('b')]
    this.#build()
  }

  // The runs that the address names, B with A's luck; whoever comes from another story sees it as B.
  async open() {
    const place = here()
    const from = `story=${place.get('story') ?? 'china-2013'}`
    const queries = [place.get('a') ?? A, place.get('b') ?? (from === A ? B : from)].map(text => {
      const query = runOf(text)
      if (!query.has('story')) query.set('story', text)
      return query
    })
    const [seed, other] = queries.map(query => query.get('seed') || '0')
    for (const query of queries) query.set('seed', seed)
    const asked = queries.join(' ')
    if (asked === this.asked) return
    this.#leave()
    Object.assign(this, { asked, queries, failed: false, partners: null, wanted: Number(place.get('week')) || 0 })
    this.luck.textContent = fill(this.texts.same_luck, { seed }) + (other === seed ? '' : ` ${fill(this.texts.other_luck, { other })}`)
    this.runs = queries.map(query => new Recording(served(query), this.language))
    this.run = this.runs[1]
    this.sides.forEach(({ story, play }, i) => {
      story.value = queries[i].get('story') ?? this.stories[0].name
      play.href = `/play?${queries[i]}&lang=${this.language}`
    })
    this.notice.textContent = fill(this.words.page.computing, { title: this.sides.map(s => s.story.selectedOptions[0]?.text).join(' | ') })
    try {
      await Promise.all([...this.runs.map(run => run.open(() => this.#grown())), this.measure()])
    } catch (error) {
      if (asked === this.asked) this.fail(error)
    }
  }

  ready() {
    this.notice.textContent = ''
    this.clock.hold(false)
  }

  // How the shares differ in a week.
  turned(week) {
    const [a, b] = this.runs
    this.weekly.replaceChildren(...b.start.apps.slice(1).flatMap(({ label }, k) => {
      const [one, other] = [a.series.active[this.partners[k]]?.[week], b.series.active[k][week]]
      return one === undefined ? [] : [row('row', label, this.tenths(one), this.tenths(other), this.signed(100 * (other - one)))]
    }))
  }

  // Asks for replicates as they come, until all are there or the page has gone on.
  async measure() {
    const { asked, queries: [a, b], replicates: { value: replicates } } = this
    for (let known = ''; known < replicates && asked === this.asked && replicates === this.replicates.value;) {
      const answer = await told('difference', { a, b, lang: this.language, replicates, known })
      if (asked === this.asked) this.#tell(answer)
      known = answer.done
    }
  }

  // Both in the same view; where one of them does not have it, in the main one.
  viewed(view) {
    this.networks.find(network => network.start && network.view !== view)?.look(view)
    if (!this.loaded) return
    note({ view: this.networks[0].view })
    this.clock.limit = this.clock.week
  }

  fail(error) {
    const text = explain(error, this.words.page)
    if (error.told.away) return
    this.failed = true
    this.notice.textContent = text
  }

  remove() {
    this.#leave()
    this.asked = null
    super.remove()
  }

  #leave() {
    this.loaded = this.clock.playing = false
    this.clock.hold(true)
    for (const run of this.runs) run.left = true
    for (const network of this.networks) network.leave()
    for (const chart of this.charts.splice(0)) chart.remove()
    this.plots.replaceChildren()
  }

  // More is known of one of the runs.
  #grown() {
    const [a, b] = this.runs
    if (!a.start || !b.start) return
    if (!this.partners) {
      this.partners = b.start.apps.slice(1).map(app => a.start.apps.findIndex(x => x.name === app.name) - 1)
      this.begin([a, b], a.start.focus || b.start.focus || 'main')
    }
    this.shares.behind(this.partners.map(i => a.series.active?.[i] ?? []))
    this.grow()
  }

  #tell({ differing, done, of, rows, charts }) {
    this.differing.replaceChildren(...differing.map(text => element('li', {}, text)))
    this.pairs.textContent = fill(this.texts.progress, { done, of })
    this.measures.replaceChildren(...rows.map(([who, what, unit, ...cells]) => row('row', `${who}: ${what} (${unit})`, ...cells)))
    charts.forEach(({ title, option, height }, i) => {
      const chart = this.charts[i] ??= new Chart(title, this.onDark, this.language, height)
      if (!chart.el.isConnected) this.plots.append(figure(title, chart.el))
      chart.show({ ...option, grid: { ...option.grid, left: 30 } })
    })
  }

  // Other runs in place of these.
  #pair(a, b) { go(new URLSearchParams({ ...Object.fromEntries(here()), a, b })) }

  #side(key) {
    const { texts, stories } = this
    const [name, network] = [texts[key], this.addNetwork(texts[key])]
    const other = query => new URLSearchParams({ story: story.value, seed: query.get('seed') })
    const story = choice(stories.map(s => [s.name, s.title]), null, { 'aria-label': texts[`story_${key}`],
      onchange: () => this.#pair(...this.queries.map((query, i) => (this.networks[i] === network ? other(query) : query))) })
    const play = element('a', {}, texts.play)
    const el = element('section', { class: 'card network', 'aria-label': name },
      element('div', { class: 'line' }, element('h2', {}, name), story, play), network.stage.el, network.legend)
    return { story, play, el }
  }

  #build() {
    const { texts, words: { player }, sides: [a, b], networks: [{ choice: views }], clock } = this
    const parts = { luck: 'p', differing: 'ul', title: 'strong', weekly: 'tbody', measures: 'tbody', plots: 'div' }
    for (const [name, tag] of Object.entries(parts)) this[name] = element(tag, { class: name === 'title' ? 'week' : name })
    for (const name of ['notice', 'pairs']) this[name] = element('p', { class: name, role: 'status' })
    this.differing.tabIndex = 0 // it scrolls
    this.replicates = choice(REPLICATES.map(n => [n, n]), 8, { onchange: () => this.measure().catch(error => this.fail(error)) })
    const scroll = (body, ...headers) => element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': headers[0] },
      table(headers, body))
    const card = (name, ...inside) => titled(texts[name], { class: 'card' }, ...inside)
    this.el = element('main', { class: 'twins', id: 'main' },
      element('div', { class: 'toolbar' }, element('h1', {}, texts.title),
        button(texts.swap, () => this.#pair(...this.queries.toReversed()))),
      card('differs', this.differing, this.luck), this.notice, a.el, b.el,
      element('section', { class: 'card time', 'aria-label': player.scrub },
        element('div', { class: 'line' }, this.title, this.day, views), clock.buttons,
        element('div', { class: 'track' }, clock.slider), this.spoken),
      card('shares', this.shares.el), card('difference', scroll(this.weekly, texts.app, texts.a, texts.b, texts.difference)),
      card('numbers', element('p', { class: 'muted' }, texts.numbers_help), element('label', {}, texts.replicates, ' ', this.replicates),
        ' ', this.pairs, this.plots,
        scroll(this.measures, texts.measure, texts.a, texts.b, texts.difference, texts.low, texts.high, texts.clear)))
  }
}
