// Key figures of the week, in a strip: each a number, a note, and what it means for who points at it.
import { counted } from './chart.js'
import { clauses, element, fill, listed, numbers } from './dom.js'

// The week of the last value so far, in a series that has values in bill weeks alone; −1: there is none.
export const lastBill = (values, week) => values.slice(0, week + 1).findLastIndex(v => v !== null)

const MOST = 7
const LEAST = 0.005 // of a growth that is told
const LEAST_MOVE = 0.02 // part of a figure's largest value
const MANIFOLD = 9 // a growth that is told as a multiple
const OF_OFFERS = ['offers', 'paid', 'stay', 'price'] // cards that say nothing where nobody offers anything
const growth = (values, week) => values[week] / values.slice(0, week + 1).find(v => v) - 1

// Whether a figure moves by so much that a reader of its card sees it.
const moves = values => {
  const known = values.filter(v => v !== null)
  return Math.max(...known) - Math.min(...known) > LEAST_MOVE * Math.max(...known.map(Math.abs))
}

export class Cards {
  constructor(player) {
    Object.assign(this, { player, words: player.words.cards, common: [...player.at.cards.children], ...numbers() })
  }

  // The story's own figures first, then those of every story, as far as there is room.
  begin({ start: { figures } }) {
    this.own = figures.map(({ title, people }, i) => element('li', { tabindex: 0, 'data-name': `own${i}`, 'data-amounts': !people },
      element('h2', {}, title), element('b'), element('small'), element('span', { role: 'tooltip' })))
    this.#arrange()
  }

  grown({ panels, offers }) {
    if (offers || panels) this.#arrange()
    if (panels) this.turn(this.player.week)
  }

  #arrange() {
    const { offers, done } = this.player.run
    this.cards = [...this.own, ...this.common].filter(({ dataset: { name } }) =>
      (offers?.length || !OF_OFFERS.includes(name)) && !(done && this.#still(name))).slice(0, MOST)
    this.player.at.cards.replaceChildren(...this.cards)
  }

  // Whether a card would show the same in every week of a whole run.
  #still(name) {
    const { figures, newcomers, price, sms, sponsored } = this.player.run.series
    const own = this.own.findIndex(({ dataset }) => dataset.name === name)
    const values = { paid: sponsored, price, sms, friends: newcomers.flat() }[name] ?? figures[own]
    return values && !moves(values)
  }

  turn(week) {
    const figures = this.#figures(week, this.player.run)
    for (const { dataset: { name }, children: [, figure, small, help] } of this.cards) {
      const [note, value = '–', whole = note] = figures[name]
      const [short, range] = value.split(/ ?(?=[(（].*\d)/) // of a few people: the count fits, its range is pointed at
      figure.textContent = short
      small.textContent = note
      const own = name.startsWith('own')
      help.textContent = fill(this.words[own ? 'own_help' : `${name}_help`], { title: own && this.own[name.slice(3)].firstChild.textContent,
        note: range ? clauses([value, whole]) : whole })
    }
  }

  // A figure of the story: its last value so far, and the week of that or how it has changed.
  #own({ unit, part }, values, week, wholes) {
    const last = lastBill(values, week)
    if (last < 0) return [this.words.no_bill]
    const [now, grown] = [values[last], growth(values, last)]
    return part ? [fill(this.words.own_part, { week: last }), wholes.length ? this.player.run.part(now * wholes[last], wholes[last], this.tenths) : this.tenths(now)]
      : [Math.abs(grown) >= LEAST ? fill(this.words.own_note, { unit, change: grown < MANIFOLD ? this.change(grown) : `×${this.plain(Math.round(1 + grown))}` }) : unit, this.short(now)]
  }

  // Who was won by an offer and is still there; with what is told to who points at it.
  #stayed(label, weeks, share, twin) {
    return [fill(this.words.stay_note, { twin: counted(twin) }), share, fill(this.words.stay_whole, { label, weeks, twin })]
  }

  #figures(week, run) {
    const { start: { apps, currency, focus, population, users }, series, offers = [], panels, done } = run
    const { words, short, percent, change } = this
    const on = offers.filter(o => !o.idle && o.start <= week && week < o.end).map(o => o.label)
    const [paid, price] = [lastBill(series.sponsored, week), lastBill(series.price, week)]
    const dearer = change(series.price[price] / series.price.find(v => v !== null) - 1)
    const best = series.active.map((app, k) => ({ share: app[week], label: apps[k + 1].label })).sort((a, b) => b.share - a.share)[0]
    const sum = weeks => weeks.slice(0, week + 1).reduce((all, n) => all + n, 0)
    const came = series.newcomers.map((weeks, k) => ({ label: apps[k + 1].label, name: apps[k + 1].name, people: sum(weeks), brought: sum(series.brought[k]) }))
    const newest = came.find(({ name }) => name === focus) ?? came.sort((a, b) => b.people - a.people)[0]
    const cohorts = panels.find(p => p.key === 'survival')?.cohorts ?? []
    const curves = cohorts.flatMap(cohort => offers.filter(o => o.label === cohort.label).map(o => ({ ...o, ...cohort })))
      .sort((a, b) => a.end - b.end)
    const bet = this.player.bets?.bet?.offer?.offer // it is the one that a reveal tells of
    const asked = curves.filter(o => !bet || o.label === bet)
    const { label, end, stayed, twin } = asked.findLast(o => o.end <= week) ?? asked[0] ?? {}
    return {
      ...Object.fromEntries(run.start.figures.map((figure, i) => [`own${i}`, this.#own(figure, series.figures[i], week, series.wholes[i])])),
      offers: [listed(on) || words.none, String(on.length)],
      paid: paid < 0 ? [words.no_bill] : [fill(words.paid_note, { week: paid, currency }), short(series.sponsored[paid])],
      leader: [best.label, run.share(best.share, percent)],
      friends: !newest.people ? [words.friends_none]
        : [fill(words.friends_note, { people: short(newest.people * population / users), app: newest.label }), run.part(newest.brought, newest.people, percent)],
      stay: !label ? [done ? words.stay_none : words.stay_later] : end > week ? [fill(words.stay_until, { label, week: end })]
        : this.#stayed(label, week - end, stayed[week - end], twin[week - end] ?? '–'),
      sms: [fill(words.sms_note, { sms: short(series.sms[week]) }), change(series.sms[week] / series.sms[0] - 1)],
      price: price < 0 ? [words.no_bill] : [fill(words.price_note, { currency, change: dearer }), short(series.price[price])],
    }
  }
}
