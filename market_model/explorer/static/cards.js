// Key figures of the week, in a strip: each a number, a note, and what it means for who points at it.
import { element, fill, numbers } from './dom.js'

const NAMES = ['offers', 'paid', 'leader', 'stay', 'sms', 'price']

// The week of the last value so far, in a series that has values in bill weeks alone; −1: there is none.
export const lastBill = (values, week) => values.slice(0, week + 1).findLastIndex(v => v !== null)

export class Cards {
  constructor(player) {
    Object.assign(this, { player, words: player.words.cards, ...numbers(player.language) })
    this.parts = NAMES.map(() => [element('b'), element('small'), element('span', { role: 'tooltip' })])
    this.el = element('ul', { class: 'figures', 'aria-label': this.words.label },
      ...NAMES.map((name, i) => element('li', { tabindex: 0 }, element('h2', {}, this.words[name]), ...this.parts[i])))
  }

  grown({ panels }) {
    if (panels) this.turn(this.player.week)
  }

  turn(week) {
    this.#figures(week, this.player.run).forEach(([note, value = '–'], i) => {
      [this.parts[i][0].textContent, this.parts[i][1].textContent] = [value, note]
      this.parts[i][2].textContent = fill(this.words[`${NAMES[i]}_help`], { note })
    })
  }

  #figures(week, { start: { apps, currency }, series, offers = [], panels, done }) {
    const { words, short, percent, change } = this
    const on = offers.filter(o => !o.idle && o.start <= week && week < o.end).map(o => o.label)
    const [paid, price] = [lastBill(series.sponsored, week), lastBill(series.price, week)]
    const dearer = change(series.price[price] / series.price.find(v => v !== null) - 1)
    const best = series.active.map((app, k) => ({ share: app[week], label: apps[k + 1].label })).sort((a, b) => b.share - a.share)[0]
    const told = panels.find(p => p.key === 'survival')?.charts[0]?.option.series ?? []
    const curves = told.flatMap(({ name, data }, i) => offers.filter(o => o.label === name).map(o => ({ ...o, data, twin: told[i + 1]?.data })))
      .sort((a, b) => a.end - b.end)
    const { label, end, data, twin } = curves.findLast(o => o.end <= week) ?? curves[0] ?? {}
    return [
      [on.join(', ') || words.none, String(on.length)],
      paid < 0 ? [words.no_bill] : [fill(words.paid_note, { week: paid, currency }), short(series.sponsored[paid])],
      [best.label, percent(best.share)],
      !label ? [done ? words.stay_none : words.stay_later] : end > week ? [fill(words.stay_until, { label, week: end })]
        : [fill(words.stay_note, { label, weeks: week - end, twin: twin ? percent(twin[week - end][1] / 100) : '–' }), percent(data[week - end][1] / 100)],
      [fill(words.sms_note, { sms: short(series.sms[week]) }), change(series.sms[week] / series.sms[0] - 1)],
      price < 0 ? [words.no_bill] : [fill(words.price_note, { currency, change: dearer }), short(series.price[price])],
    ]
  }
}
