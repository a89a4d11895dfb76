// Key figures of the week, in a strip: each a number, a note, and what it means for who points at it.
import { fill, numbers } from './dom.js'

// The week of the last value so far, in a series that has values in bill weeks alone; −1: there is none.
export const lastBill = (values, week) => values.slice(0, week + 1).findLastIndex(v => v !== null)

// How many of those whom an offer won stay, by offer: { label, data, twin }, each with weeks since its end and per cent; the
// twin is the curve `named` for the run without the offer, undefined before it is computed.
export function survivals(panels, named) {
  const curves = panels.find(panel => panel.key === 'survival')?.charts[0]?.option.series ?? []
  const of = new Map(curves.map(({ name, data }) => [name, data]))
  const twin = label => fill(named, { label })
  const twins = new Set(curves.map(({ name }) => twin(name)))
  return curves.filter(({ name }) => !twins.has(name)).map(({ name: label, data }) => ({ label, data, twin: of.get(twin(label)) }))
}

export class Cards {
  constructor(player) {
    Object.assign(this, { player, words: player.words.cards, twins: player.words.report.with_twin, cards: [...player.at.cards.children], ...numbers(player.language) })
  }

  grown({ panels }) { if (panels) this.turn(this.player.week) }

  turn(week) {
    const figures = this.#figures(week, this.player.run)
    for (const { dataset: { name }, children: [, figure, small, help] } of this.cards) {
      const [note, value = '–'] = figures[name]
      figure.textContent = value
      small.textContent = note
      help.textContent = fill(this.words[`${name}_help`], { note })
    }
  }

  #figures(week, { start: { apps, currency }, series, offers = [], panels, done }) {
    const { words, short, percent, change } = this
    const on = offers.filter(o => !o.idle && o.start <= week && week < o.end).map(o => o.label)
    const [paid, price] = [lastBill(series.sponsored, week), lastBill(series.price, week)]
    const dearer = change(series.price[price] / series.price.find(v => v !== null) - 1)
    const best = series.active.map((app, k) => ({ share: app[week], label: apps[k + 1].label })).sort((a, b) => b.share - a.share)[0]
    const curves = survivals(panels, this.twins).flatMap(curve => offers.filter(o => o.label === curve.label).map(o => ({ ...o, ...curve })))
      .sort((a, b) => a.end - b.end)
    const { label, end, data, twin } = curves.findLast(o => o.end <= week) ?? curves[0] ?? {}
    return {
      offers: [on.join(', ') || words.none, String(on.length)],
      paid: paid < 0 ? [words.no_bill] : [fill(words.paid_note, { week: paid, currency }), short(series.sponsored[paid])],
      leader: [best.label, percent(best.share)],
      stay: !label ? [done ? words.stay_none : words.stay_later] : end > week ? [fill(words.stay_until, { label, week: end })]
        : [fill(words.stay_note, { label, weeks: week - end, twin: twin ? percent(twin[week - end][1] / 100) : '–' }), percent(data[week - end][1] / 100)],
      sms: [fill(words.sms_note, { sms: short(series.sms[week]) }), change(series.sms[week] / series.sms[0] - 1)],
      price: price < 0 ? [words.no_bill] : [fill(words.price_note, { currency, change: dearer }), short(series.price[price])],
    }
  }
}
