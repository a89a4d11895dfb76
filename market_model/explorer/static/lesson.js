// Five minutes: one mechanism of the market a step; the reader predicts, watches some weeks, and reads what came of it in this run.
import { button, calm, element, fill, numbers, sentences } from './dom.js'
import { here, note } from './place.js'

const STORY = 'facebook-zero-india'
const FOCUS = 'facebook'
// The weeks that a step plays, and its answer: a number that the step's bounds sort into one of its choices.
const STEPS = {
  hearing: { from: 1, to: 15, bounds: [1 / 4, 3 / 4], of: ({ before, after }) => (before.unaware - after.unaware) / before.unaware },
  registering: { from: 15, to: 30, bounds: [1 / 3, 2 / 3], of: ({ before, after }) => (after.newcomers - before.newcomers) / (after.active - before.active) },
  friends: { from: 30, to: 43, bounds: [1 / 3, 2 / 3], of: ({ before, after }) => (after.brought - before.brought) / (after.newcomers - before.newcomers) },
  elsewhere: { from: 15, to: 43, bounds: [-0.02, 0.02], of: ({ before, after }) => after.elsewhere - before.elsewhere },
  ends: { from: 43, to: 91, bounds: [1 / 4, 3 / 4], of: ({ before, after, start }) => (after.active - start.active) / (before.active - start.active) },
  change: { from: 51, to: 51 },
}
const NAMES = Object.keys(STEPS)

export class Lesson {
  constructor(player) {
    Object.assign(this, { player, el: player.at.lesson, texts: player.words.lesson, ...numbers() })
  }

  begin(run) {
    const { lesson } = Object.fromEntries(here())
    this.name = run.start.story === STORY ? NAMES[lesson - 1] : undefined
    this.el.hidden = !this.name
    this.player.at.main.classList.toggle('taught', Boolean(this.name))
    Object.assign(this, { told: false, guess: null, shown: null })
    if (this.name && NAMES.indexOf(this.name) === NAMES.length - 1) this.#change()
    else if (this.name) this.#ask()
  }

  turn(week) {
    const { name, guess, told } = this
    if (!name || guess === null || told || week < STEPS[name].to) return
    this.told = true
    this.player.clock.stop()
    if (week > STEPS[name].to) this.player.clock.go(STEPS[name].to)
    this.#tell()
  }

  // A text of the step.
  #text(part) { return this.texts[`${this.name}_${part}`] }

  #frame(...inside) {
    const { texts, name, el, player } = this
    const number = NAMES.indexOf(name) + 1
    const place = fill(texts.place, { number, of: NAMES.length })
    const leave = button(texts.leave, () => { note({ lesson: null }); this.begin(player.run) }, { class: 'leave' })
    el.replaceChildren(element('div', { class: 'line' }, element('small', { class: 'muted' }, place), leave),
      element('h2', {}, this.#text('title')), ...inside)
  }

  #ask() {
    const choices = this.#text('choices').split('|')
    const answers = choices.map((text, i) => button(text, () => this.#guess(i), { class: 'choice' }))
    this.#frame(element('p', {}, this.#text('text')), element('p', { class: 'question' }, this.#text('question')), element('div', { class: 'go' }, ...answers))
  }

  // The weeks of the step run; what stood before them is kept.
  #guess(choice) {
    const { player: { clock }, name } = this
    this.guess = choice
    this.before = this.#standing(STEPS[name].from)
    this.#frame(element('p', {}, this.#text('text')), element('p', { class: 'question', role: 'status' }, fill(this.texts.watch, { choice: this.#text('choices').split('|')[choice] })))
    if (calm.matches) return clock.go(STEPS[name].to)
    clock.go(STEPS[name].from)
    clock.start()
  }

  #tell() {
    const { name, guess, texts, before } = this
    const { bounds, of, to } = STEPS[name]
    const after = this.#standing(to)
    const value = of({ before, after, start: this.#standing(15) })
    const right = bounds.filter(bound => value > bound).length
    const choices = this.#text('choices').split('|')
    const count = n => this.plain(Math.round(n))
    const values = { heard: count(before.unaware - after.unaware), unaware: count(before.unaware), came: count(after.newcomers - before.newcomers),
      more: count(after.active - before.active), brought: count(after.brought - before.brought), before: count(before.active), after: count(after.active),
      start: count(this.#standing(15).active), one: this.percent(before.elsewhere), other: this.percent(after.elsewhere) }
    const verdict = guess === right ? texts.right : fill(texts.wrong, { choice: choices[right] })
    this.#frame(element('p', { class: 'question', role: 'status' }, element('strong', {}, verdict), sentences(verdict, fill(this.#text('told'), values)).slice(verdict.length)),
      element('p', {}, this.#text('why')), element('div', { class: 'go' }, button(texts.next, () => this.#go(NAMES.indexOf(name) + 1), { class: 'act' })))
    this.el.querySelector('.act').focus({ preventScroll: true })
  }

  // What is known of the app in a week, in simulated people; who never heard of it is told for the week that is shown.
  #standing(week) {
    const { series, start: { users, apps, carriers } } = this.player.run
    const k = apps.findIndex(({ name }) => name === FOCUS) - 1
    const so_far = name => series[name][k].slice(0, week + 1).reduce((all, n) => all + n, 0)
    const { film } = this.player.network
    return { unaware: film.week === week ? film.counts[0] : NaN, active: users * series.active[k][week], newcomers: so_far('newcomers'), brought: so_far('brought'),
      elsewhere: series.by_carrier[(k + 1) * carriers.length - 1][week] }
  }

  // To another step, at its first week.
  #go(index) {
    const step = STEPS[NAMES[index]]
    note({ lesson: index + 1, week: step.from, view: FOCUS })
    this.player.network.look(FOCUS)
    this.player.clock.go(step.from)
    this.begin(this.player.run)
  }

  // The last step: the reader's own change; then the lens shows who differs.
  #change() {
    const done = here().has('pin')
    this.#frame(element('p', { class: 'question' }, this.#text(done ? 'done' : 'text')),
      element('div', { class: 'go' }, element('a', { class: 'button act', href: '/' }, this.texts.stories)))
  }
}
