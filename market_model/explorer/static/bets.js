// Bets: before a run is shown, the reader draws how a figure of the story will go, on a chart of its own; then the run is
// revealed and the bet scored. Of the run no more is told before than its first value.
import { Chart } from './chart.js'
import echarts from './echarts.js'
import { calm, copied, element, fill, ground, numbers, options } from './dom.js'
import { go, here, note, there } from './place.js'

const [DATES, LATER] = [5, 12]
const STORY = 'story' // the name of the story's own bet; the others are called by their app

const known = values => values?.find(value => value !== null)

export class Bets {
  constructor(player) {
    Object.assign(this, { player, words: player.words.bets, el: player.at.bets, ...numbers() })
    player.at.bet.onclick = () => {
      note({ bet: '1', week: null })
      player.open(here().toString(), true)
    }
  }

  begin(run) {
    Object.assign(this, { bet: null, last: run.start.weeks - 1 })
    this.remove()
    this.el.hidden = true
    this.player.clock.hold(this.player.blind)
    this.#hide()
  }

  // Whether enough of a run is known for a bet.
  begun(run) { return run.start && known(this.#of(run, this.#said(run).name).values) !== undefined }

  grown() {
    const { player: { run } } = this
    if (!this.bet && here().has('bet') && this.begun(run)) this.#begin(run)
    else if (this.bet?.told) this.turn(this.player.week)
  }

  turn(week) {
    if (!this.bet?.told) return
    this.#draw()
    if (week === this.last && this.player.run.done) this.#score()
  }

  remove() {
    this.chart?.remove()
    this.chart = null
  }

  // The bet that the address tells: "name:12,14,13,9,5;s=30", with ";told" when the run has been shown.
  #said(run) {
    const [, name = STORY, said = '', stay = 50, told = ''] = here().get('bet')?.match(/^(\w+):([\d.,]*)(?:;s=(\d+))?(;told)?$/) ?? []
    const app = run.start.apps.find(one => one.name && one.name === name)
    return { name: app ? name : STORY, said, stay: Math.min(100, stay), told }
  }

  // A figure to bet on: { title, most, values, color, app? }; values are parts, null where there is none.
  #of({ start: { apps, bet, focus }, series }, name) {
    const k = apps.findIndex(app => app.name && app.name === name)
    if (k > 0) return { title: fill(this.words.use, { app: apps[k].label }), most: 100, values: series.active?.[k - 1], color: apps[k].color, app: apps[k] }
    const about = apps.find(app => app.name && app.name === focus)
    return { ...bet, values: series.bet, color: (about ?? apps[1]).color, app: about }
  }

  #begin(run) {
    const { name, said, stay, told } = this.#said(run)
    const figure = this.#of(run, name)
    const first = 100 * known(figure.values)
    const given = said.split(',').map(Number).map(part => Math.min(figure.most, part))
    const curve = given.length === DATES && given.every(Number.isFinite) ? given : Array(DATES).fill(Math.round(first))
    const offer = run.start.offers.find(o => figure.app && o.apps.includes(figure.app.name) && o.end < this.last)
    this.bet = { ...figure, name, first, curve, stay, told, offer: offer && { name: offer.name, offer: offer.label, weeks: Math.min(LATER, this.last - offer.end) } }
    this.el.hidden = false
    this.#ask(run.start)
    this.#draw()
    this.#keep()
    this.turn(this.player.week)
  }

  #ask({ apps, bet: { title } }) {
    const { words, bet, last, player: { at, clock, date, run } } = this
    const parts = copied(at.betting, this.el)
    const days = Array.from({ length: DATES }, (_, i) => new Date(run.start.dates[Math.round((i + 1) * last / DATES)]))
    Object.assign(this, { parts, days })
    parts.what.append(...options([[STORY, title], ...apps.slice(1).map(one => [one.name, fill(words.use, { app: one.label })])]))
    parts.what.value = bet.name
    parts.what.onchange = () => {
      note({ bet: `${parts.what.value}:` })
      this.remove()
      this.#begin(run)
    }
    this.chart = new Chart(fill(words.chart, { title: bet.title }))
    this.chart.el.dataset.amounts = ''
    this.chart.drawn = this.chart.fitted = () => this.#place()
    parts.drawing.prepend(this.chart.el)
    this.handles = [...parts.handles.querySelectorAll('input')]
    this.handles.forEach((input, i) => this.#range(input, bet.curve[i], fill(words.on_day, { title: bet.title, day: date.format(days[i]) }), now => { bet.curve[i] = now }, bet.most))
    parts.handles.onpointerdown = parts.handles.onpointermove = event => this.#drag(event)
    parts.stay.hidden = !bet.offer || Boolean(bet.told)
    parts.question.textContent = bet.offer ? fill(words.stay, { ...bet.offer, app: bet.app.label }) : ''
    this.#range(parts.share, bet.stay, parts.question.textContent, now => { parts.staying.textContent = this.percent((bet.stay = now) / 100) })
    parts.reveal.onclick = () => this.#reveal(clock, run)
    this.#tell(bet.told)
  }

  #range(input, value, ariaLabel, moved, max = 100) {
    Object.assign(input, { max, value, ariaLabel, oninput: () => [moved(Number(input.value)), this.#draw(), this.#keep()] })
    moved(value)
  }

  // Under the finger, the nearest date has the height of it; a finger that goes on draws the whole curve.
  #drag(event) {
    if (this.bet.told || !(event.buttons & 1)) return
    event.preventDefault()
    const { parts: { handles }, grid, handles: inputs, bet: { most } } = this
    const { left, top } = handles.getBoundingClientRect()
    const at = (event.clientX - left - grid.x) / grid.width * DATES
    const input = inputs[Math.max(0, Math.min(DATES - 1, Math.round(at) - 1))]
    if (event.type === 'pointerdown') {
      handles.setPointerCapture(event.pointerId)
      input.focus({ preventScroll: true })
    }
    input.value = most * (1 - (event.clientY - top - grid.y) / grid.height)
    input.oninput()
  }

  // While it is bet, the question; then what was bet is fixed.
  #tell(told) {
    const { parts, handles, words } = this
    for (const input of [...handles, parts.what]) input.disabled = Boolean(told)
    parts.reveal.hidden = parts.help.hidden = Boolean(told)
    parts.outcome.replaceChildren(...told ? [element('p', { class: 'muted' }, words.running)] : [])
  }

  #reveal(clock, run) {
    this.bet.told = ';told'
    this.parts.stay.hidden = true
    this.#keep()
    this.#hide()
    this.#tell(true)
    clock.hold(false)
    run.go_on()
    calm.matches ? clock.go(this.last) : clock.start()
  }

  // The bet in the address.
  #keep() {
    const { name, curve, stay, offer, told } = this.bet
    note({ bet: `${name}:${curve}${offer ? `;s=${stay}` : ''}${told}` })
  }

  // What was bet, week by week, in percent.
  #line() {
    const { bet: { first, curve }, last } = this
    const points = [first, ...curve]
    return Array.from({ length: last + 1 }, (_, week) => {
      const at = week * DATES / Math.max(1, last)
      const i = Math.min(DATES - 1, Math.floor(at))
      return points[i] + (at - i) * (points[i + 1] - points[i])
    })
  }

  // The bet, the bet that nothing changes and, when the run is revealed, the run as far as the clock has come.
  #draw() {
    const { bet: { values, first, curve, most, told, color }, words, last, player: { run: { start: { dates: days } }, week } } = this
    const { muted, ink } = echarts.palette
    const line = (data, lineStyle, more = {}) => ({ type: 'line', showSymbol: false, silent: true, data, lineStyle, itemStyle: { color: lineStyle.color }, ...more })
    const seen = told ? values.slice(0, week + 1).flatMap((value, i) => value === null ? [] : [[days[i], 100 * value]]) : []
    const top = Math.max(most, ...seen.map(([, value]) => 10 * Math.ceil(value / 10)))
    const bet = [{ value: [days[0], first], symbolSize: 8 }, ...curve.map((value, i) => ({ value: [days[Math.round((i + 1) * last / DATES)], value], label: { show: !told, formatter: `${value}%` } }))]
    this.chart.show({ animation: false, grid: { left: 44, right: 40, top: 30, bottom: 38 },
      xAxis: { type: 'time', min: days[0], max: days[last], axisLabel: { hideOverlap: true, margin: 16 } }, // below the handles at zero
      yAxis: { type: 'value', min: 0, max: top, interval: top / (top % 50 ? 4 : 5), axisLabel: { formatter: '{value}%' } },
      series: [
        line([[days[0], first], [days[last], first]], { color: muted, width: 2, type: [2, 5] }),
        line(bet, { color: ink, width: 3, type: told ? [8, 6] : 'solid' }, { showSymbol: true, symbol: 'circle', symbolSize: told ? 8 : 24,
          label: { position: 'top', distance: 4, fontSize: 15, fontWeight: 700, color: ink } }),
        line(seen, { color, width: 4 }),
      ] })
    this.parts.key.replaceChildren(...[[ink, words.yours, told ? 'dashed' : 'solid'], [muted, words.nothing, 'dotted'], ...told ? [[color, words.happens, 'solid']] : []]
      .map(([color, text, kind]) => element('li', {}, element('i', { style: `${ground(color, this.player.onDark, 'border-color')}; border-top-style: ${kind}` }), text)))
  }

  // Where the chart's field lies, for the handles of the keyboard and the finger.
  #place() {
    if (!this.chart?.drawing) return
    this.grid = this.chart.drawing.getModel().getComponent('grid').coordinateSystem.getRect()
    const { x, y, width, height } = this.grid
    this.handles.forEach((input, i) => Object.assign(input.style, { left: `${x + (i + 1) * width / DATES - 22}px`, top: `${y - 12}px`, height: `${height + 24}px` }))
  }

  // Nothing of the future stands on the page while it is bet on.
  #hide() {
    const { player: { at, blind, offers } } = this
    if (at.main.classList.contains('betting') === blind) return
    at.main.classList.toggle('betting', blind)
    offers.show()
  }

  #score() {
    const { bet: { values, first, title, stay, offer, app }, words, parts, player: { run } } = this
    const line = this.#line()
    const off = bet => {
      const misses = values.flatMap((value, week) => value === null ? [] : [Math.abs(100 * value - bet(week))])
      return misses.reduce((sum, miss) => sum + miss, 0) / misses.length
    }
    const [mine, naive] = [off(week => line[week]), off(() => first)].map(miss => miss.toFixed(1))
    const verdict = words[+mine < +naive ? 'better' : +mine > +naive ? 'worse' : 'even']
    const cohort = offer && run.panels.find(panel => panel.key === 'survival')?.cohorts?.find(one => one.label === offer.offer)
    const actual = cohort?.stayed[Math.min(offer.weeks, cohort.stayed.length - 1)]
    parts.outcome.replaceChildren(element('p', { class: 'verdict' }, fill(verdict, { title, mine, naive })),
      ...actual ? [element('p', {}, fill(words.stayed, { ...offer, app: app.label, actual, said: this.percent(stay / 100) }))] : [])
    parts.again.hidden = false
    parts.again.onclick = () => go(there({ seed: run.start.seed + 1, bet: '1', week: null, pin: null }))
  }
}
