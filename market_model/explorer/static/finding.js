// What the lens finds, in a sentence: who uses an app because of what differs, who came through friends, whether other luck
// would say the same; and, where there are worlds, what they say.
import { told } from './answers.js'
import { button, clauses, element, fill, numbers, term } from './dom.js'
import { USE, lensed } from './lens.js'
import { askWorlds } from './worlds.js'

const LUCKS = 8

export class Finding {
  // `what` says what was changed; whoever asks puts it after the rest.
  // network: whose lens is meant. sides: texts for a run that was changed ("now"), or for two that stand beside each other ("b").
  // go(week): shows it.
  constructor(el, network, words, go, sides = 'now') {
    const { finding: texts, compare } = words
    Object.assign(this, { el, network, texts, compare, go, sides, ...numbers() })
    this.what = element('p', { class: 'what', hidden: true })
    this.most = button('', () => this.go(this.most.value), { hidden: true })
    this.parts = [['b', { class: 'who' }], ['span', { class: 'friends' }], ['span', { class: 'luck', role: 'status' }], ['div', { class: 'reach' }]]
      .map(([tag, attributes]) => element(tag, attributes))
    el.append(...this.parts.slice(0, 3), term(texts.luck_help, texts.luck_term), this.most, this.parts[3])
  }

  // Of two runs, told by their queries, in a week.
  show(runs, queries, week) {
    const app = lensed(this.network.view)
    this.el.hidden = !app || !this.network.drawn
    if (this.el.hidden) return
    const asked = [...queries, app].join(' ')
    if (this.asked !== asked) Object.assign(this, { asked, app, queries, runs, luck: null, begun: false })
    this.week = week
    this.#who()
    if (runs.every(run => run?.done) && !this.begun) this.#ask()
  }

  // The app's place in both runs and its name.
  get #apps() {
    const [a, b] = this.runs.map(({ start }) => start.apps.findIndex(({ name }) => name === this.app))
    return { a: a - 1, b: b - 1, label: this.runs[1].start.apps[b].label }
  }

  #who() {
    const { texts, sides, plain, week, network: { film, start } } = this
    const [more, fewer] = USE.map(kind => film.counts[kind])
    const { a, b, label: app } = this.#apps
    const [who, friends, luck] = this.parts
    const values = { week, app, users: plain(start.users), more: plain(more), fewer: plain(fewer) }
    const key = more && fewer ? 'both' : more ? 'more' : fewer ? 'fewer' : 'nobody'
    who.textContent = fill(texts[`${key}_${sides}`], values)
    friends.textContent = this.runs.every(run => run?.weeks > week) ? this.#friends(a, b) : ''
    luck.textContent = this.#verdict(values)
    this.#mostly()
  }

  // The week in which the balance is largest, where that is another one.
  #mostly() {
    const balance = this.luck?.weeks.map(([mean]) => Math.abs(mean)) ?? []
    const week = balance.indexOf(Math.max(...balance))
    this.most.hidden = week < 0 || week === this.week || balance[week] < 2 * (balance[this.week] ?? 0) || balance[week] < 1
    if (this.most.hidden) return
    this.most.value = week
    this.most.textContent = fill(this.texts.most, { week })
  }

  // How many more have registered so far, or fewer, and how many of them friends account for.
  #friends(...places) {
    const { texts, runs, week, plain } = this
    const so_far = (run, k, name) => run.series[name][k].slice(0, week + 1).reduce((all, n) => all + n, 0)
    const beyond = name => { const [a, b] = runs.map((run, i) => so_far(run, places[i], name)); return Math.round(b - a) }
    const [n, friends] = ['newcomers', 'brought'].map(beyond)
    const key = n > 0 && friends >= 0 && friends <= n ? 'came' : n < 0 && friends <= 0 && friends >= n ? 'stayed_away' : null
    return key ? fill(texts[key], { n: plain(Math.abs(n)), friends: plain(Math.abs(friends)) }) : ''
  }

  // What other luck says of this week.
  #verdict({ app }) {
    const { texts, luck } = this
    if (!luck) return ''
    const { done, of, weeks } = luck
    if (!weeks.length) return fill(texts.asking, { done, of })
    const [, ...ends] = weeks[this.week] ?? []
    if (!ends.length) return ''
    const [low, high] = ends.map(end => Math.abs(end) < 1 ? Math.round(end) || 0 : end)  // less than half a person is none
    const [from, to] = [low, high].map(this.rough)
    const key = low === 0 && high === 0 ? 'never' : low > 0 || high < 0 ? 'clear' : 'chance'
    return fill(texts[key], { lucks: of, app, low: from, high: to })
  }

  async #ask() {
    this.begun = true
    const { asked, app, queries: [a, b], parts: [, , , reach] } = this
    const wanted = () => this.asked === asked && !this.el.hidden && this.el.isConnected
    reach.replaceChildren()
    try {
      for (let known = 0; known < LUCKS && wanted();) {
        const answer = await told('luck', { a, b, app, lang: document.documentElement.lang, replicates: LUCKS, known })
        if (this.asked !== asked) return
        this.luck = answer
        this.what.hidden = this.sides !== 'now' || !answer.differing.length
        this.what.textContent = fill(this.texts.changed, { what: clauses(answer.differing) })
        known = answer.done
        this.#who()
      }
      if (this.luck?.done < LUCKS) return this.begun = false
    } catch (error) {
      if (!error.told) throw error
      return this.luck = null
    }
    if (this.luck.worlds && this.sides === 'now') reach.replaceChildren(button(this.compare.ask_worlds, () => this.#worlds()))
  }

  #worlds() {
    const { asked, app, queries: [a, b], parts: [, , , reach] } = this
    askWorlds(reach, this.compare, this.texts.world, { a, b, app }, () => this.asked === asked && this.el.isConnected)
      .catch(({ told }) => { reach.textContent = told?.problem ?? '' })
  }
}
