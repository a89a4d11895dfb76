// Offers as bars on the time line, under the slider and on the same scale.
import { darkGround, element, tint } from './dom.js'

export class Offers {
  constructor(words, onDark, language) {
    Object.assign(this, { words, onDark, language })
    this.axis = element('div', { class: 'track axis', 'aria-hidden': 'true' })
    this.rows = element('ul', { class: 'offers', 'aria-label': words.title })
    this.recolor = () => this.bars?.forEach(({ bar, color }) => bar.style.setProperty('--color', tint(color, this.onDark)))
    darkGround.addEventListener('change', this.recolor)
  }

  show(run) {
    this.last = Math.max(1, run.weeks - 1)
    this.axis.replaceChildren(...this.#ticks(run.dates))
    this.bars = run.offers.map(offer => {
      const bar = element('span', { class: offer.idle ? 'bar idle' : 'bar' })
      bar.style.left = `${100 * offer.start / this.last}%`
      bar.style.width = `${100 * (Math.min(offer.end, this.last) - offer.start) / this.last}%`
      return { bar, ...offer }
    })
    this.rows.replaceChildren(...this.bars.map(({ bar, label, terms, idle }) => element('li', {},
      element('div', { class: 'offer' }, element('b', {}, label), element('span', {}, idle ? `${terms} · ${this.words.idle}` : terms)),
      element('div', { class: 'track' }, bar))))
    if (!this.bars.length) this.rows.replaceChildren(element('li', { class: 'empty' }, this.words.none))
    this.recolor()
  }

  update(week) {
    for (const { bar, start, end } of this.bars) bar.classList.toggle('on', start <= week && week < end)
  }

  remove() {
    darkGround.removeEventListener('change', this.recolor)
  }

  // The first week of each half year, by name.
  #ticks(dates) {
    const format = new Intl.DateTimeFormat(this.language, { month: 'short', year: 'numeric', timeZone: 'UTC' })
    const half = date => date.slice(0, 4) + (date.slice(5, 7) < '07')
    return dates.flatMap((date, week) => {
      if (week && half(date) === half(dates[week - 1])) return []
      const tick = element('span', {}, format.format(new Date(date)))
      tick.style.left = `${100 * week / this.last}%`
      return week > 0.93 * this.last ? [] : [tick]
    })
  }
}
