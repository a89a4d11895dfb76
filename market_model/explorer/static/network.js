// The stage with its legend: one run as a moving picture, and what its colours mean.
import { element, fill, locale, tint, darkGround, button } from './dom.js'
import { Reel } from './recording.js'
import { Stage } from './stage.js'
import { COMMON, kindsOf, knownView } from './views.js'

const AHEAD = 26

export class Network {
  // words: texts of the stage. grown(): more weeks are there. viewed(view): another view was chosen.
  constructor(words, onDark, language, { grown, viewed = () => {} }) {
    Object.assign(this, { words, onDark, grown, viewed })
    const percent = { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }
    this.percent = new Intl.NumberFormat(locale(language), percent)
    this.stage = new Stage(words.label, onDark)
    this.legend = element('ul', { class: 'legend' })
    this.about = element('p', { class: 'about muted' })
    this.choice = element('select', { 'aria-label': words.colors, onchange: () => this.look(this.choice.value) })
    this.recolor = () => this.#colors()
    darkGround.addEventListener('change', this.recolor)
  }

  // A run whose start is known, in a view.
  async show(run, view) {
    this.run = run
    this.leave()
    const start = { ...run.start, contacts: await run.contacts() }
    if (this.run !== run) return
    this.start = start
    const apps = start.apps.slice(1).map(app => element('option', { value: app.name }, fill(this.words.view_app, { app: app.label })))
    this.choice.replaceChildren(...COMMON.map(name => element('option', { value: name }, this.words[`view_${name}`])), ...apps)
    this.week = 0
    this.look(view)
  }

  look(view) {
    this.leave()
    this.view = this.choice.value = knownView(view, this.run)
    this.kinds = kindsOf(this.view, this.run, this.words)
    const reel = new Reel(this.run.read, this.view, this.start.users, this.kinds.length, () => this.#grow(reel))
    this.reel = reel
    this.drawn = false
    this.viewed(this.view)
    this.want(this.week + AHEAD)
  }

  get film() { return this.reel?.film }
  get limit() { return this.drawn ? Math.min(this.film.weeks, this.run.weeks) - 1 : -1 }

  // Shows a week that is there; pace: weeks a second.
  turn(week, pace) {
    this.week = week
    this.want(week + AHEAD)
    if (!this.drawn) return
    const touched = this.film.seek(Math.min(week, this.film.weeks - 1))
    this.stage.update(touched, touched.size ? this.film.moved() : [], pace)
    this.#shares()
  }

  // Loads up to a week.
  want(week) {
    this.reel?.reach(week).catch(this.failed)
  }

  // What readers of the screen hear.
  told() {
    return this.drawn ? this.kinds.map((kind, i) => `${kind.label} ${this.shares[i].textContent}`) : []
  }

  leave() {
    if (this.reel) this.reel.left = true
  }

  remove() {
    this.leave()
    darkGround.removeEventListener('change', this.recolor)
    this.stage.remove()
  }

  #grow(reel) {
    if (this.reel !== reel || !this.film.weeks) return
    if (!this.drawn && this.film.weeks > Math.min(this.week, this.start.weeks - 1)) {
      this.drawn = true
      this.film.seek(this.week)
      this.#legend()
      this.stage.show(this.start, this.film, this.kinds)
      this.#shares()
    }
    this.grown()
  }

  // What the colours mean; by main app, a button for each app that shows it alone.
  #legend() {
    const { communities, people, apps } = this.start
    const one = apps.find(app => app.name === this.view)
    this.shares = this.kinds.map(() => element('b'))
    this.swatches = this.kinds.map(kind => element('i', { class: kind.core ? 'core' : kind.pale ? 'pale' : 'full' }))
    this.rows = this.kinds.map((kind, i) => {
      const inside = [this.swatches[i], kind.label, ' ', this.shares[i]]
      return element('li', {}, ...(kind.view ? [element('button', { type: 'button', onclick: () => this.look(kind.view) }, ...inside)] : inside))
    })
    const back = one ? [element('li', {}, button(`‹ ${this.words.by_main}`, () => this.look('main'))), element('li', {}, element('strong', {}, one.label))] : []
    this.legend.replaceChildren(...back, ...this.rows)
    const values = { communities: this.words[communities[0].label ? 'regions' : 'neighbours'], people, app: one?.label }
    this.about.textContent = fill(this.words[one ? 'key_app' : `key_${this.view}`], values)
    this.#colors()
  }

  #shares() {
    this.shares.forEach((share, i) => {
      share.textContent = this.percent.format(this.film.counts[i] / this.start.users)
      if (this.view === 'cohort') this.rows[i].hidden = !this.film.counts[i]
    })
  }

  #colors() {
    this.swatches?.forEach((swatch, i) => { swatch.style.background = tint(this.kinds[i].color, this.onDark) })
  }
}
