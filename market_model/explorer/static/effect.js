// What free data did to an app, in two runs with the same luck: while it was free, after, among people who never had it; and how
// far that reaches in other worlds.
import { Shares } from './chart.js'
import { button, dates, element, fill, listed, numbers } from './dom.js'
import { askWorlds } from './worlds.js'

const MONTH = 4
const AFTER = 12

export class Effect {
  constructor(at, texts, failed) {
    Object.assign(this, { at, texts, failed, date: dates(), ...numbers() })
    this.chart = new Shares(texts.own, true)
    at.own.replaceWith(this.chart.el)
  }

  // Two runs whose starts are known. queries: how addresses name them.
  begin(runs, queries) {
    Object.assign(this, { runs, queries, app: null, asked: null })
    this.at.effect.hidden = true
    this.at.reach.replaceChildren()
  }

  // The last week of an app's longest offer that ends; of the app that the page is about, or of any.
  week(app) { return this.#longest(app)?.end - 1 }

  // Which app is meant: one that had an offer; another one keeps the app.
  look(name) {
    const [a, b] = this.runs
    const app = [name, a.start.focus, b.start.focus].find(one => one && this.#longest(one) && this.#places(one).every(k => k >= 0))
    this.at.effect.hidden = !app
    if (!app || app === this.app) return
    this.app = app
    this.places = this.#places(app)
    this.label = b.start.apps[this.places[1] + 1].label
    this.chart.shaded = this.#offers(app).filter(o => o.end < o.weeks)
    this.chart.begin(b, [this.places[1]])
    this.asked = null
    this.#reach()
    this.grown()
  }

  // More is known of the runs.
  grown() {
    if (!this.app) return
    const [a, b] = this.runs
    this.chart.ghosts[this.places[1]] = a.series.active?.[this.places[0]] ?? []
    this.chart.turn(this.chart.week)
    this.free = this.#free()
    this.at.what.textContent = fill(this.texts[this.free ? 'effect' : 'effect_of_both'], { app: this.label })
    this.at.curves.textContent = this.texts[this.free ? `own_${this.free}` : 'own']
    const { end } = this.#longest(this.app)
    const last = Math.min(a.weeks, b.weeks)
    const tiles = []
    if (last >= end) tiles.push(this.#tile('while_free', {}, end, run => this.#use(run, end)))
    const after = Math.min(end + AFTER, a.start.weeks, b.start.weeks)
    if (after > end && last >= after) tiles.push(this.#tile('after', { weeks: after - end }, after, run => this.#use(run, after)))
    const never = this.#never()
    if (never.length && last >= end) {
      const names = listed(never.map(c => b.start.carriers[c].label))
      tiles.push(this.#tile('never', { carriers: names }, end, run => this.#use(run, end, never)))
    }
    this.at.tiles.replaceChildren(...tiles, element('li', {}, element('small', {}, this.texts.this_luck)))
  }

  turn(week) { if (this.app) this.chart.turn(week) }

  // Whether there are worlds in which both can be run.
  offer(worlds) {
    this.worlds = worlds
    this.#reach()
  }

  remove() { this.chart.remove() }

  // Simulated people who use the app in a week, mean of the four weeks before `end`, and of how many; of some carriers' customers or of all.
  #use(run, end, carriers) {
    const { start: { users, carriers: all }, series: { active, by_carrier: by, customers } } = run
    const k = this.places[this.runs.indexOf(run)]
    const mean = of => [...Array(MONTH).keys()].reduce((sum, i) => sum + of(end - 1 - i), 0) / MONTH
    if (!carriers) return { part: users * mean(week => active[k][week]), whole: users }
    const sum = of => mean(week => carriers.reduce((all, c) => all + of(c, week), 0))
    return { part: users * sum((c, week) => by[k * all.length + c][week] * customers[c][week]), whole: users * sum((c, week) => customers[c][week]) }
  }

  // The difference in people, with both shares; small numbers of simulated people are counts.
  #tile(what, values, end, of) {
    const runs = this.free === 'a' ? this.runs.toReversed() : this.runs
    const [one, other] = runs.map(of)
    const { start: { population, users, dates: days } } = this.runs[1]
    const people = (other.part - one.part) * population / users
    const shown = people > 0 ? `+${this.short(people)}` : this.short(people)
    const [a, b] = [one, other].map(({ part, whole }, i) => runs[i].part(part, whole, this.tenths))
    return element('li', {}, element('h3', {}, fill(this.texts[what], { ...values, date: this.date.format(new Date(days[end - 1])) })),
      element('b', {}, fill(this.texts.people, { people: shown })), element('small', {}, fill(this.texts[this.free ? 'with_and_without' : 'both'], { a, b })))
  }

  #places(app) { return this.runs.map(run => run.start.apps.findIndex(one => one.name === app) - 1) }

  #offers(app, runs = this.runs) {
    return [...new Map(runs.flatMap(({ start, offers }) => (offers ?? start.offers).filter(o => o.apps.includes(app) && !o.idle)
      .map(o => [`${o.name} ${o.start} ${o.end}`, { ...o, weeks: start.weeks }]))).values()]
  }

  // The side that alone has offers of the app; null: both have, and are compared as they stand.
  #free() {
    const [a, b] = this.runs.map(run => this.#offers(this.app, [run]).length > 0)
    return a === b ? null : a ? 'a' : 'b'
  }

  #longest(app) {
    return this.#offers(app).filter(o => o.end < o.weeks).sort((a, b) => b.end - b.start - a.end + a.start || b.end - a.end)[0]
  }

  // Carriers, as numbers, where the app never had an offer in either run; none if it had none.
  #never() {
    const had = new Set(this.#offers(this.app).flatMap(o => o.carriers))
    return this.runs[1].start.carriers.flatMap(({ name }, c) => had.has(name) ? [] : [c])
  }

  // The button that asks for the other worlds, if there are any.
  #reach() {
    if (this.asked || !this.app) return
    this.at.reach.replaceChildren(...this.worlds ? [button(this.texts.ask_worlds, () => this.#ask(this.app).catch(this.failed)), element('small', {}, this.texts.worlds_help)] : [])
  }

  async #ask(app) {
    this.asked = this.queries
    const [a, b] = this.free === 'a' ? this.queries.toReversed() : this.queries
    const wanted = () => this.queries === this.asked && app === this.app
    try {
      await askWorlds(this.at.reach, this.texts, this.texts[this.free ? 'world_free' : 'world'], { a, b, app }, wanted)
    } catch (error) {
      this.asked = null
      if (wanted()) this.#reach()
      throw error
    }
  }
}
