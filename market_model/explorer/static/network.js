// The stage with its legend: one run as a moving picture, and what its colours mean.
import { button, element, fill, ground, numbers, options, term } from './dom.js'
import { LensReel, USE, alike, lensOf, lensed } from './lens.js'
import { Reel } from './recording.js'
import { Stage } from './stage.js'
import { COMMON, kindsOf, knownView } from './views.js'

const AHEAD = 26

export class Network {
  // at: its parts, of which `view` and `about` may be missing. words: texts of the stage. names: what to call it.
  // grown(): more weeks are there. failed(error): no more are. viewed(view): another view was chosen.
  // counted(): the legend counts other people.
  // lens: it shows only what differs from another run.
  constructor({ stage, legend, view, about }, words, onDark, language, { names = [], lens = false, grown, failed, viewed = () => {}, counted = () => {} }) {
    Object.assign(this, { lens, legend, about, words, onDark, names, grown, failed, viewed, counted, ...numbers() })
    this.stage = new Stage(stage, onDark, words.zoom)
    this.choice = view ?? element('select')
    this.choice.onchange = () => this.look(this.choice.value)
  }

  // A run whose start is known, in a view; through the lens, as soon as the other run is there (`against`).
  show(run, view) {
    Object.assign(this, { run, wanted: view, base: null, start: null, drawn: false })
    this.leave()
    this.shown = this.#begin(run)
  }

  async #begin(run) {
    const contacts = await run.contacts().catch(error => this.failed(error))
    if (!contacts || this.run !== run) return
    Object.assign(this, { start: { ...run.start, contacts }, week: 0 })
    this.#views()
    if (!this.lens) this.look(this.wanted)
  }

  // Another run with the same luck, that the lens compares with; whether it is of the same people.
  async against(base) {
    const { run } = this
    const [contacts] = await Promise.all([base.contacts().catch(() => null), this.shown])
    if (!contacts || this.run !== run || !this.start || !alike(contacts, this.start.contacts)) return false
    this.base = base
    this.#views()
    this.choice.value = this.view
    if (lensed(this.wanted)) this.look(this.wanted)
    return true
  }

  // The views to choose from: common ones, by app, and what differs, by app.
  #views() {
    const apps = (text, value) => options(this.run.start.apps.slice(1).map(({ name, label }) => [value(name), fill(text, { app: label })]))
    this.choice.replaceChildren(...[...this.choice.options].slice(0, COMMON.length), ...apps(this.words.view_app, name => name),
      ...this.base ? apps(this.words.view_lens, lensOf) : [])
  }

  look(view) {
    if (!this.start) return
    this.leave()
    this.view = this.choice.value = knownView(view, this.run, this.base)
    this.kinds = kindsOf(this.view, this.run, this.words)
    const [app, grown] = [lensed(this.view), () => this.#grow(reel)]
    const reel = app ? new LensReel(this.run, this.base, app, this.start.users, grown)
      : new Reel(this.run.read, this.view, this.start.users, grown)
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
    const next = week === this.film.week + 1
    const touched = this.film.seek(Math.min(week, this.film.weeks - 1))
    this.stage.update(touched, next && touched.length ? this.film.moved() : [], pace)
    this.#shares()
  }

  // In place of the run, people of a small society { sizes, contacts } as a lens shows them; until the next look. Returns how they are drawn.
  foresee({ sizes, contacts }, film, view) {
    this.leave()
    Object.assign(this, { reel: null, drawn: false })
    const closer = Math.sqrt(film.users / this.start.users) // fewer people fill the same discs
    const communities = this.start.communities.map(({ x, y, r, label }, i) => ({ label, size: sizes[i], x: closer * x, y: closer * y, r: closer * r }))
    const kinds = kindsOf(view, this.run, this.words)
    this.stage.show({ ...this.start, communities, contacts, users: film.users }, film, kinds, { note: this.#change, ties: USE })
    return kinds
  }

  // Loads up to a week.
  want(week) { this.reel?.reach(week).catch(error => this.failed(error)) }

  // What readers of the screen hear.
  told() {
    return this.drawn ? [...this.names, ...this.kinds.map((kind, i) => `${kind.label} ${this.shares[i].textContent}`)] : []
  }

  leave() { if (this.reel) this.reel.left = true }

  remove() {
    this.leave()
    this.stage.remove()
  }

  #grow(reel) {
    if (this.reel !== reel || !this.film.weeks) return
    if (!this.drawn && this.film.weeks > Math.min(this.week, this.start.weeks - 1)) {
      this.drawn = true
      this.film.seek(this.week)
      this.#legend()
      this.stage.show(this.start, this.film, this.kinds, lensed(this.view) ? { note: this.#change, ties: USE } : {})
      this.#shares()
    }
    this.grown()
  }

  // What the colours mean; by main app, a button for each app that shows it alone, and there one that leads back.
  #legend() {
    const { communities, people, apps } = this.start
    const lens = lensed(this.view)
    const one = apps.find(app => app.name && app.name === (lens ?? this.view))
    this.shares = this.kinds.map(() => element('b'))
    this.rows = this.kinds.map(({ color, core, help, label, pale, view }, i) => {
      const swatch = element('i', { class: core ? 'core' : pale ? 'pale' : 'full', style: ground(color, this.onDark) })
      const inside = [swatch, help ? term(help, label) : label, ' ', this.shares[i]]
      return element('li', {}, ...view ? [button(inside, () => this.look(view))] : inside)
    })
    const back = one && !lens ? [button(`‹ ${this.words.by_main}`, () => this.look('main')), element('strong', {}, one.label)] : []
    this.legend.replaceChildren(...back.map(inside => element('li', {}, inside)), ...this.rows)
    const values = { communities: this.words[communities[0].label ? 'regions' : 'neighbours'], people, app: one?.label }
    if (this.about) this.about.textContent = fill(this.words[lens ? 'key_lens' : one ? 'key_app' : `key_${this.view}`], values)
  }

  // "+12 −3": who is active because of what differs, and who is not.
  #change = counts => USE.map(kind => counts[kind]).map((n, i) => n && (i ? `−${this.plain(n)}` : `+${this.plain(n)}`)).filter(Boolean).join(' ')

  #shares() {
    const { film: { counts }, start: { users } } = this
    const count = lensed(this.view) ? i => this.plain(counts[i]) : i => this.run.share(counts[i] / users, this.tenths)
    this.shares.forEach((share, i) => {
      share.textContent = count(i)
      if (this.view === 'cohort' || lensed(this.view)) this.rows[i].hidden = !counts[i]
    })
    this.counted()
  }
}
