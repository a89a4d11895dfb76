// What a page of one run and a page of two share: one clock that moves stages and curves, from the week that the address says.
import { Shares } from './chart.js'
import { Clock } from './clock.js'
import { calm, dates, fill, listed, textsOf } from './dom.js'
import { Network } from './network.js'
import { here, note } from './place.js'

// A page adds networks, the `run` that its curves show, and open(query), ready(), turned(week), viewed(view), fail(error), and may add counted().
export class Page {
  constructor(model, at, label = textsOf(model).shares.title) {
    const language = model.get('language')
    Object.assign(this, { at, words: textsOf(model), language, onDark: model.get('on_dark'), date: dates(), networks: [] })
    this.clock = new Clock(at, this.words.player, week => this.turn(week), week => this.rest(week), week => this.#want(week))
    this.shares = new Shares(label)
    at.shares.replaceWith(this.shares.el)
  }

  addNetwork(at, names = [], lens = false) {
    const events = { names, lens, grown: () => this.grow(), viewed: view => this.viewed(view), failed: error => this.fail(error), counted: () => this.counted?.() }
    this.networks.push(new Network(at, this.words.stage, this.onDark, this.language, events))
    return this.networks.at(-1)
  }

  // Shows a week.
  turn(week) {
    if (!this.run.start) return
    this.week = week
    for (const network of this.networks) network.turn(week, this.clock.speed)
    const [title, day] = [fill(this.words.stage.week, { week }), this.date.format(new Date(this.run.start.dates[week]))]
    this.at.title.textContent = title
    this.at.day.textContent = day
    this.at.slider.ariaValueText = `${title}, ${day}`
    this.shares.turn(week)
    this.turned(week)
  }

  // What readers of the screen hear when the clock rests, and the address says.
  rest(week) {
    if (!this.run?.start) return
    this.at.spoken.textContent = listed([fill(this.words.stage.week, { week }), ...this.networks.flatMap(network => network.told())])
    this.rested?.(week)
    if (week || here().has('week')) note({ week: week || null })
  }

  // What is known of runs before their weeks; they are shown in a view as soon as the week that is wanted is there.
  begin(runs, view) {
    this.weeks = Math.min(...runs.map(run => run.start.weeks))
    this.week = this.wanted = Math.min(this.wanted, this.weeks - 1)
    this.loaded = false
    this.shares.begin(this.run)
    this.networks.forEach((network, i) => network.show(runs[i], here().get('view') ?? view))
  }

  grow() {
    const limit = Math.min(...this.networks.map(network => network.limit))
    if (limit < 0 || this.failed) return
    if (!this.loaded) {
      if (limit < this.wanted) return this.#want(this.wanted)
      this.loaded = true
      this.ready()
      this.clock.load(this.weeks, !calm.matches && !this.wanted)
      if (this.wanted) this.clock.go(this.wanted)
    }
    this.clock.grow(limit)
  }

  remove() {
    for (const part of [...this.networks, this.clock, this.shares]) part.remove()
  }

  #want(week) { for (const network of this.networks) network.want(week) }
}
