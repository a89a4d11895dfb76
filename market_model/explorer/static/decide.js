// Decisions while the run plays: a seat and what it does from the shown week on; flags on the time line tell of them.
import { button, calm, clauses, fill, labelled, listed, numbers, options } from './dom.js'
import { rerun } from './change.js'
import { said } from './editor.js'

const NAMED = ['start_offers', 'change_offers', 'stop_offers', 'asks', 'zero_rating', 'apps', 'carriers', 'owner']

export class Decide {
  constructor(player) {
    Object.assign(this, { player, words: player.words.decide, offers: player.offers })
    player.at.act.onclick = () => this.offers.form && this.#ask()
  }

  begin({ start }) {
    const read = text => [text, ...text.match(/^(\d+)\.(.*?)=(.*)$/s).slice(1)]
    this.made = new URLSearchParams(this.player.asked).getAll('do').map(read).map(([text, week, seat, decision]) =>
      ({ text, week: Number(week), seat, decision: JSON.parse(decision) })).sort((a, b) => a.week - b.week)
    let left = '-24px'
    this.player.at.flags.replaceChildren(...this.made.map(one => {
      left = `max(${100 * one.week / Math.max(1, start.weeks - 1)}%, ${left} + 24px)`
      const title = this.#title(one)
      return button('⚑', () => this.offers.form && this.#tell(one), { title, 'aria-label': title, class: 'flag', style: `left: ${left}` })
    }))
    this.player.at.decisions.hidden = !this.made.length
  }

  // Plays on from a decision.
  rest(week) {
    if (calm.matches || !week || this.made.find(({ text }) => text === this.onward)?.week !== week) return
    this.onward = null
    this.player.clock.start()
  }

  #title({ week, seat }) { return fill(this.words.asked, { week, seat: seat === 'regulator' ? this.words[seat] : this.offers.label(seat) }) }

  // Who does what: a seat has levers, a lever the field that it needs.
  #ask() {
    const [{ words, offers: { told, offers, form: dialog } }, { week, clock, network }] = [this, this.player]
    clock.stop()
    const { form } = dialog.open('decision', fill(words.ask, { week }), data => this.#decide(Object.fromEntries(data)))
    const { seat, lever, apps, offer, rule, amount } = form.elements
    const [none] = offer.options
    const show = () => {
      for (const option of lever.options) option.disabled = option.dataset.kind !== seat.selectedOptions[0].dataset.kind
      if (lever.selectedOptions[0].disabled) lever.value = lever.querySelector(':enabled').value
      const { field, least: min, most: max } = lever.selectedOptions[0].dataset
      for (const control of [apps, offer, rule, amount]) control.disabled = control.name !== field
      const mine = offers.filter(({ name, end }) => end > week && this.#apps(name).includes(seat.value))
      offer.replaceChildren(...mine.length ? options(mine.map(({ name, label }) => [name, label])) : [none])
      const value = { promotion: Math.round(0.1 * told.population), invite: 1, bring_friend: 2, ...told.prices[seat.value] }[lever.value]
      Object.assign(amount, { min, max, value })
    }
    seat.onchange = lever.onchange = show
    seat.value = network.view
    if (!seat.value) seat.selectedIndex = 0
    show()
  }

  #decide({ seat, lever, apps, offer, rule, amount }) {
    const [{ offers, offers: { form }, player: { week } }, hidden] = [this, ['apps', 'owner', 'start']]
    const known = lever === 'change_offers' ? this.#fields(offer) : { apps: [seat], start: week, length_weeks: 26 }
    const [fields, one] = [{ ...offers.told.blank, ...known }, this.#title({ week, seat })]
    const terms = ({ waived, exclusive, fee, ...one }) =>
      ({ waived, exclusive, fee, allowance_mb: one.allowance_mb ?? 1e9, end: offers.until(one) })
    const other = now => Object.entries(terms(now)).filter(([key, is]) => is !== terms(fields)[key])
    const act = (name, pairs) => this.#act(seat, { [lever]: { [name]: Object.fromEntries(pairs) } })
    if (lever === 'start_offers') form.offer(offers, { title: one, fields, hidden, done: now => act(offers.free(seat), said(now)) })
    else if (lever === 'change_offers') {
      hidden.push('payer', 'carriers')
      form.offer(offers, { title: `${one} · ${offers.label(offer)}`, fields, hidden, done: now => act(offer, other(now)) })
    } else if (apps) this.#act(seat, { asks: { [apps]: lever } })
    else this.#act(seat, { [lever]: offer ? [offer] : rule ?? Number(amount) })
  }

  // What is known of an offer: of the story, or started by a decision.
  #fields(name) {
    return this.offers.told.offers[name] ?? this.made.map(({ decision }) => decision.start_offers?.[name]).find(Boolean)
  }

  #apps(name) { return this.#fields(name)?.apps ?? [name.split('@')[0]] }

  // One decision of a seat in a week: what was decided before stays in it.
  #act(seat, decision) {
    const { week } = this.player
    const before = this.made.find(one => one.week === week && one.seat === seat)
    this.onward = `${week}.${seat}=${JSON.stringify(merged(before?.decision, decision))}`
    this.player.clock.play.focus({ preventScroll: true })
    this.#change(before, this.onward)
  }

  #change(before, text) {
    rerun(this.player, place => {
      if (before) place.delete('do', before.text)
      if (text) place.append('do', text)
      return place
    })
  }

  #tell(one) {
    this.offers.form.open('taken', this.#title(one), () => this.#change(one)).told.textContent = this.#told(one.decision)
  }

  // A decision in words; `named`: its keys, or it itself, are names in the market.
  #told(value, named = false) {
    if (Array.isArray(value)) return listed(value.map(one => this.#told(one, named)))
    if (value instanceof Object) return clauses(said(value).map(([key, one]) =>
      labelled(this.#told(key, named), this.#told(one, !named && NAMED.includes(key)))))
    if (typeof value === 'number') return numbers().plain(value)
    return !named && value in this.words ? this.words[value] : this.offers.label(value)
  }
}

function merged(a, b) {
  if (Array.isArray(b)) return [...new Set([...a ?? [], ...b])]
  if (!(b instanceof Object)) return b
  return { ...a, ...Object.fromEntries(Object.entries(b).map(([key, value]) => [key, merged(a?.[key], value)])) }
}
