// Decisions while the run plays: a seat and what it does from the shown week on; flags on the time line tell of them.
import { calm, element, fill, numbers, sign } from './dom.js'
import { rerun } from './change.js'
import { said } from './editor.js'

const LEVERS = { app: ['start_offers', 'change_offers', 'stop_offers', 'promotion', 'invite'],
  carrier: ['plan_overage', 'plan_fee', 'sms_price', 'wholesale', 'closed', 'default'], regulator: ['rule'] }
const MOST = { invite: 10, plan_overage: 1e6, plan_fee: 1e6, sms_price: 1e4, wholesale: 1e4 }

export class Decide {
  constructor(player) {
    Object.assign(this, { player, words: player.words.decide, offers: player.offers, form: player.offers.form })
    player.at.act.onclick = () => this.offers.told && this.#ask(player.network.view)
  }

  begin({ start }) {
    const read = text => [text, ...text.match(/^(\d+)\.(.*?)=(.*)$/s).slice(1)]
    this.made = new URLSearchParams(this.player.asked).getAll('do').map(read).map(([text, week, seat, decision]) =>
      ({ text, week: Number(week), seat, decision: JSON.parse(decision) })).sort((a, b) => a.week - b.week)
    let left = '-24px'
    this.player.at.flags.replaceChildren(...this.made.map(one => {
      left = `max(${100 * one.week / Math.max(1, start.weeks - 1)}%, ${left} + 24px)`
      return sign('⚑', this.#title(one), () => this.#tell(one), { class: 'flag', style: `left: ${left}` })
    }))
    this.player.at.decisions.hidden = !this.made.length
  }

  // Plays on from a decision.
  rest(week) {
    if (calm.matches || !week || this.made.find(({ text }) => text === this.onward)?.week !== week) return
    this.onward = null
    this.player.clock.start()
  }

  #title({ week, seat }) { return fill(this.words.asked, { week, seat: this.words[seat] ?? this.offers.label(seat) }) }

  // A form for a lever of a seat; another seat or lever makes it anew.
  #ask(seat, lever) {
    const [{ words, form, offers: { told, offers } }, { week, clock }] = [this, this.player]
    const seats = { app: told.apps, carrier: told.carriers, regulator: [{ name: 'regulator', label: words.regulator }] }
    const kind = Object.keys(seats).find(one => seats[one].some(({ name }) => name === seat))
    if (!LEVERS[kind]?.includes(lever)) return this.#ask(kind ? seat : told.apps[0].name, LEVERS[kind ?? 'app'][0])
    clock.stop()
    const named = names => names.map(name => ({ name, label: words[name] }))
    const mine = offers.filter(({ name, end }) => end > week && (this.#fields(name)?.apps ?? [name.split('@')[0]]).includes(seat))
    if (!mine.length) mine.push({ name: '', label: form.words.nothing })
    const [name, options] = { closed: ['apps', told.apps], default: ['apps', told.apps], change_offers: ['offer', mine],
      stop_offers: ['offer', mine], rule: ['rule', named(['free', 'non-exclusive', 'ban'])] }[lever] ?? ['amount']
    const amount = { promotion: Math.round(0.1 * told.population), invite: 1, ...told.prices[seat] }[lever]
    form.open(fill(words.ask, { week }), [
      form.field('seat', seat, Object.values(seats).flat(), { onchange: ({ target }) => this.#ask(target.value, lever) }),
      form.field('lever', lever, named(LEVERS[kind]), { onchange: ({ target }) => this.#ask(seat, target.value) }),
      lever === 'start_offers' ? '' : form.field(name, amount ?? told.rule, options, options ? {} : { max: MOST[lever] ?? 1e12 })], data => this.#decide(seat, lever, data.get(name)))
  }

  #decide(seat, lever, value) {
    const [{ offers, form, player: { week } }, hidden] = [this, ['apps', 'owner', 'start']]
    const known = lever === 'change_offers' ? this.#fields(value) : { apps: [seat], start: week, length_weeks: 26 }
    const [fields, one] = [{ ...offers.told.blank, ...known }, this.#title({ week, seat })]
    const terms = ({ waived, exclusive, fee, ...one }) =>
      ({ waived, exclusive, fee, allowance_mb: one.allowance_mb ?? 1e9, end: offers.until(one) })
    const other = now => Object.entries(terms(now)).filter(([key, is]) => is !== terms(fields)[key])
    const act = (name, pairs) => this.#act(seat, { [lever]: { [name]: Object.fromEntries(pairs) } })
    if (lever === 'start_offers') form.offer(offers, { title: one, fields, hidden, done: now => act(offers.free(seat), said(now)) })
    else if (lever === 'change_offers') {
      hidden.push('payer', 'carriers')
      form.offer(offers, { title: `${one} · ${offers.label(value)}`, fields, hidden, done: now => act(value, other(now)) })
    } else if (LEVERS.carrier.slice(-2).includes(lever)) this.#act(seat, { asks: { [value]: lever } })
    else this.#act(seat, { [lever]: { stop_offers: [value], rule: value }[lever] ?? Number(value) })
  }

  // What is known of an offer: of the story, or started by a decision.
  #fields(name) {
    return this.offers.told.offers[name] ?? this.made.map(({ decision }) => decision.start_offers?.[name]).find(Boolean)
  }

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
    this.form.open(this.#title(one), [element('p', {}, this.#told(one.decision))], () => this.#change(one), this.words.back)
  }

  // A decision in words.
  #told(value) {
    if (Array.isArray(value)) return value.map(one => this.#told(one)).join(', ')
    if (value instanceof Object) return said(value).map(([key, one]) => `${this.#told(key)}: ${this.#told(one)}`).join('; ')
    if (typeof value === 'number') return numbers(this.player.language).plain(value)
    return this.words[value] ?? this.offers.label(value)
  }
}

function merged(a, b) {
  if (Array.isArray(b)) return [...new Set([...a ?? [], ...b])]
  if (!(b instanceof Object)) return b
  return { ...a, ...Object.fromEntries(Object.entries(b).map(([key, value]) => [key, merged(a?.[key], value)])) }
}
