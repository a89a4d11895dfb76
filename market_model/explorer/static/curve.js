// One figure on a chart of its own, with a scale of its own: a story's own figures, and how an app stands.
import echarts from './echarts.js'
import { lastBill } from './cards.js'
import { Chart, counted } from './chart.js'
import { element, fill, labelled, numbers, options } from './dom.js'

const HEIGHT = 118

export class Curve {
  constructor(player) {
    const { at, words: { curve: words } } = player
    Object.assign(this, { player, words, choice: at.curve, chart: new Chart(words.label, HEIGHT), week: 0, ...numbers() })
    at.curved.replaceWith(this.chart.el)
    this.choice.onchange = () => this.#draw()
  }

  begin({ start: { figures, apps, focus, users } }) {
    const known = apps.slice(1)
    this.curves = [
      ...figures.map(({ title, unit, part, people }, i) => ({ title, unit: part ? '%' : unit, by: part ? 100 : 1, of: ({ figures }) => [figures?.[i] ?? []],
        whole: people ? week => this.player.run.series.wholes[i][week] : null })),
      ...known.map(({ label, color }, k) => ({ title: fill(this.words.standing, { app: label }), unit: this.words.people, by: 100, color,
        of: ({ active, registered }) => [active?.[k] ?? [], registered?.[k] ?? []], whole: () => users })),
    ]
    const kept = this.choice.value
    this.choice.replaceChildren(...options(this.curves.map(({ title }, i) => [i, title])))
    this.choice.value = kept && kept < this.curves.length && this.story === this.player.run.start.story ? kept
      : focus ? figures.length + known.findIndex(({ name }) => name === focus) : 0
    this.story = this.player.run.start.story
    this.#draw()
  }

  // At the end every weekly series can be chosen.
  grown({ kind, weekly }) {
    if (kind === 'end') {
      let place = 0
      this.choice.append(...weekly.map(({ actor, series }) => element('optgroup', { label: actor },
        ...options(series.map(([name, unit]) => [this.#all(labelled(actor, name), unit, place++), name])))))
    }
    this.#draw()
  }

  // A curve of a series that is read when it is chosen; returns its number.
  #all(title, unit, place) {
    return this.curves.push({ title, unit, by: 1, of: (_, run) => {
      if (!run.values) run.all?.().then(() => this.#draw(), () => {})
      return [run.values?.[place] ?? []]
    } }) - 1
  }

  turn(week) {
    this.week = week
    this.#draw()
  }

  remove() {
    clearTimeout(this.late)
    this.chart.remove()
  }

  // At most some times a second.
  #draw() {
    clearTimeout(this.late)
    const now = performance.now()
    if (now - (this.last ?? 0) < 90) return this.late = setTimeout(() => this.#draw(), 100)
    this.last = now
    const { run } = this.player
    const curve = this.curves?.[this.choice.value]
    if (!curve || !run?.start) return
    const { dates } = run.start
    this.chart.el.toggleAttribute('data-amounts', !curve.whole)
    const [color, lines] = [curve.color ?? echarts.palette.more, curve.of(run.series, run)]
    const ghosts = this.player.ghost?.old?.start ? curve.of(this.player.ghost.old.series, {}) : []
    const points = (values, to) => values.slice(0, to).flatMap((v, i) => v === null ? [] : [[dates[i], curve.by * v]])
    const line = (data, style, width = 2) => ({ type: 'line', showSymbol: false, silent: true, data, itemStyle: { color }, lineStyle: { color, width, ...style } })
    const named = lines.map((values, i) => {
      const shown = points(values, this.week + 1)
      return { ...line(shown, i ? { type: 'dashed', opacity: 0.8 } : {}), labelLayout: { moveOverlap: 'shiftY' },
        endLabel: { show: true, textBorderColor: '#ffffff', textBorderWidth: 3, fontSize: 12, formatter: shown.length ? this.#said(shown.at(-1)[1], curve, values) : '' } }
    })
    this.chart.show({ grid: { left: 8, right: 64, top: 22, bottom: 8, containLabel: true }, animation: false,
      xAxis: { type: 'time', min: dates[0], max: dates.at(-1) },
      yAxis: { type: 'value', min: 0, name: curve.unit, nameGap: 8, nameTextStyle: { align: 'left' }, splitNumber: 2 },
      series: [...named, ...ghosts.map(values => line(points(values, dates.length), { type: [2, 4], opacity: 0.8 }))] })
  }

  // The last value; shares of a few people with their count.
  #said(value, { by, whole }, values) {
    if (by === 1) return this.short(value)
    const people = whole?.(lastBill(values, this.week))
    return people ? counted(this.player.run.part(value / 100 * people, people, this.tenths)) : this.tenths(value / 100)
  }
}
