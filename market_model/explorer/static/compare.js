// Twins: two runs with the same luck side by side under one clock, and how sure their differences are.
import { explain, told } from './answers.js'
import { Chart } from './chart.js'
import { Effect } from './effect.js'
import { Finding } from './finding.js'
import { element, figure, fill, numbers, partsOf, row, sentences, show, textsOf } from './dom.js'
import { lensOf, lensed } from './lens.js'
import { Page } from './page.js'
import { go, here, note, runOf, there } from './place.js'
import { Recording, served } from './recording.js'

const [A, B] = ['story=china-2013', 'story=china-2013-nobody-offers']

export const render = context => show(context, Twins)

class Twins extends Page {
  constructor(model, at) {
    super(model, at, textsOf(model).compare.shares)
    const { texts } = Object.assign(this, { texts: this.words.compare, charts: [], runs: [], ...numbers() })
    this.effect = new Effect(at, this.texts, error => this.fail(error))
    this.sides = [...document.querySelectorAll('.twins .side-by-side')].map(partsOf)
    this.addNetwork({ ...this.sides[0], view: at.view }, [texts.a])
    this.addNetwork(this.sides[1], [texts.b])
    this.lens = this.addNetwork(partsOf(at.lens), [texts.lens], true)
    this.lens.words = { ...this.lens.words, ...texts.kinds }
    this.finding = new Finding(at.finding, this.lens, this.words, week => this.clock.go(Number(week)), 'b')
    this.sides.forEach(({ story }, i) => { story.onchange = () => this.#other(i, story.value) })
    at.swap.onclick = () => this.#pair(...this.queries.toReversed())
    at.replicates.onchange = () => this.measure().catch(error => this.fail(error))
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
    Object.assign(this, { asked, queries, failed: false, partners: null, wanted: place.has('week') ? Number(place.get('week')) || 0 : null })
    this.at.luck.textContent = sentences(fill(this.texts.same_luck, { seed }), other !== seed && fill(this.texts.other_luck, { other }))
    this.runs = queries.map(query => new Recording(served(query), this.language, this.words.people))
    this.run = this.runs[1]
    this.sides.forEach(({ story, watch }, i) => {
      story.value = queries[i].get('story')
      watch.href = `/play?${queries[i]}`
    })
    const [a, b] = queries.map((query, i) => this.#titled(query, this.sides[i].story.selectedOptions[0]?.text ?? query.get('story')))
    this.at.names.textContent = fill(this.texts.names, { a, b })
    this.at.notice.textContent = fill(this.words.page.computing, { title: `${a} | ${b}` })
    try {
      await Promise.all([...this.runs.map(run => run.open(() => this.#grown())), this.measure()])
    } catch (error) {
      if (asked === this.asked) this.fail(error)
    }
  }

  ready() {
    this.at.notice.textContent = ''
    this.clock.hold(false)
  }

  // How the shares differ in a week.
  turned(week) {
    const [a, b] = this.runs
    this.effect.turn(week)
    this.at.weekly.replaceChildren(...b.start.apps.slice(1).flatMap(({ label }, k) => {
      const [one, other] = [a.series.active[this.partners[k]]?.[week], b.series.active[k][week]]
      return one === undefined ? [] : [row(label, a.share(one, this.tenths), b.share(other, this.tenths), this.signed(100 * (other - one)))]
    }))
  }

  counted() { if (this.loaded) this.finding.show(this.runs, this.queries, this.week) }

  // Asks for replicates as they come, until all are there or the page has gone on.
  async measure() {
    const { asked, queries: [a, b], at: { replicates: { value: replicates } } } = this
    const wanted = () => asked === this.asked && replicates === this.at.replicates.value
    for (let known = ''; known < replicates && wanted();) {
      const answer = await told('difference', { a, b, lang: this.language, replicates, known })
      if (wanted()) this.#tell(answer)
      known = answer.done
    }
  }

  // Both in the same view; where one of them does not have it, in the main one. The lens stays with the app.
  viewed(view) {
    if (lensed(view)) return
    this.networks.find(network => network !== this.lens && network.start && network.view !== view)?.look(view)
    const app = lensOf(view)
    if (this.lens.base && this.lens.view !== app && this.run.start.apps.some(({ name }) => name === view)) this.lens.look(app)
    if (!this.loaded) return
    note({ view: this.networks[0].view })
    this.effect.look(this.networks[0].view)
    this.clock.limit = this.clock.week
  }

  fail(error) {
    if (error.told?.away) return
    this.at.notice.textContent = explain(error, this.words.page)
    this.failed = true
  }

  remove() {
    this.#leave()
    this.effect.remove()
    this.asked = null
    super.remove()
  }

  #leave() {
    this.loaded = this.clock.playing = false
    this.clock.hold(true)
    for (const run of this.runs) run.left = true
    if (!this.networks.includes(this.lens)) this.networks.push(this.lens)
    for (const network of this.networks) network.leave()
    for (const chart of this.charts.splice(0)) chart.remove()
    this.at.plots.replaceChildren()
  }

  // More is known of one of the runs.
  #grown() {
    const [a, b] = this.runs
    if (!a.start || !b.start) return
    if (!this.partners) {
      this.partners = b.start.apps.slice(1).map(app => a.start.apps.findIndex(x => x.name === app.name) - 1)
      this.shares.shaded = [...new Map([a, b].flatMap(run => run.start.offers.filter(o => o.end < run.start.weeks)).map(o => [`${o.name} ${o.start} ${o.end}`, o])).values()]
      this.effect.begin([a, b], this.queries)
      this.effect.look(here().get('view'))
      this.wanted ??= this.effect.week(this.effect.app) || 0
      this.begin([a, b, b], a.start.focus || b.start.focus || 'main')
      this.#look(a, b)
    }
    this.effect.grown()
    this.shares.behind(this.partners.map(i => a.series.active?.[i] ?? []))
    this.grow()
    this.counted()
  }

  // The lens, if both runs are of the same people.
  async #look(a, b) {
    const { lens } = this
    this.at.lens.hidden = false
    const apps = b.start.apps.slice(1).map(({ name }) => name)
    lens.wanted = lensOf([here().get('view'), a.start.focus, b.start.focus, ...apps].find(app => apps.includes(app)))
    if (await lens.against(a) || this.runs[0] !== a) return
    this.at.lens.hidden = true
    this.networks = this.networks.filter(network => network !== lens)
    this.grow()
  }

  #tell({ differing, done, of, rows, charts, worlds }) {
    this.effect.offer(worlds)
    this.at.differing.replaceChildren(...differing.map(text => element('li', {}, text)))
    this.at.pairs.textContent = fill(this.texts.progress, { done, of })
    const { a, b, difference, low, high, clear } = this.texts
    this.at.measures.replaceChildren(...rows.map(([who, what, unit, ...cells]) => row(fill(this.texts.of_whom, { who, what, unit }), ...cells)))
    for (const line of this.at.measures.rows) [a, b, difference, low, high, clear].forEach((head, i) => { line.cells[i + 1].dataset.head = head })
    charts.forEach(({ title, option, height }, i) => {
      const chart = this.charts[i] ??= new Chart(title, height)
      if (!chart.el.isConnected) this.at.plots.append(figure(title, chart.el))
      chart.show({ ...option, grid: { ...option.grid, left: 30 } })
    })
  }

  // A story by its title, with what was changed in it left to the list.
  #titled(query, story) {
    const changed = [...query.keys()].some(key => !['story', 'seed'].includes(key))
    return changed ? fill(this.texts.changed_story, { story }) : story
  }

  // Other runs in place of these.
  #pair(a, b) { go(there({ a, b })) }

  // Another story on one side, with the same luck.
  #other(side, story) {
    const seed = this.queries[side].get('seed')
    this.#pair(...this.queries.with(side, new URLSearchParams({ story, seed })))
  }
}
