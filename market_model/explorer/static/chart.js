// ECharts options on the page's ground. They carry the colours of a light one.
import echarts from './echarts.js'
import { darkGround, element, numbers, redrawn } from './dom.js'

// Pixels right of the curves for the longest name with the count of a few.
const ROOM = 150
// The same for a share alone.
const MARGIN = 72
// Pixels between the names of curves that end side by side.
const APART = 4
// "6 of 5,000 (0.12%)" without its brackets: a line at the end of a curve is short.
export const counted = share => share.replace(/ ?[(（].*[)）]$/, '')

export class Chart {
  constructor(label, height) {
    this.plot = element('div', { class: 'plot', role: 'img', 'aria-label': label })
    this.el = element('div', { class: 'chart', style: height && `height: ${height}px` }, this.plot)
    this.end = redrawn(this.el, () => this.#draw(), () => this.#fit())
  }

  // Drawn after the next frame, once for all that is asked until then: the map comes first.
  show(option) {
    this.option = option
    this.due ??= requestAnimationFrame(() => setTimeout(() => this.#draw()))
  }

  remove() {
    this.end()
    this.option = null
    this.drawing?.dispose()
  }

  #fit() {
    if (this.due) return
    this.drawing && this.shown === this.option ? this.drawing.resize() : this.#draw()
    this.fitted?.()
  }

  #draw() {
    this.due = null
    if (!this.option || !this.plot.clientWidth || !this.plot.clientHeight) return
    this.drawing ??= echarts.begin(this.plot)
    echarts.show(this.drawing, this.option, darkGround.matches)
    this.shown = this.option
    this.drawn?.()
  }
}

// Charts of a page whose markup holds their options.
export function charted(page) {
  return [...page.querySelectorAll('.chart[data-option]')].map(place => {
    const chart = new Chart(place.dataset.label, place.dataset.height)
    place.replaceWith(chart.el)
    chart.show(JSON.parse(place.dataset.option))
    return chart
  })
}

// The curves of a run, drawn as far as the clock has come; what has been seen beyond it stays pale.
export class Shares extends Chart {
  // whole: all that is known is drawn, wherever the clock stands.
  constructor(label, whole = false) {
    super(label)
    Object.assign(this, { whole, ghosts: [], shaded: [], last: 0, percent: numbers().percent })
    this.cursor = element('div', { class: 'cursor', 'aria-hidden': 'true' })
    this.frame = element('div', { class: 'frame' }, this.cursor)
    this.el.append(this.frame)
    this.drawn = this.fitted = () => this.#place()
  }

  // run: a Recording that grows; its option has a series for each app, without values. The weeks of offers in `shaded` are tinted.
  // only: places of the apps that are shown, among those of the run.
  begin(run, only = run.start.chart.series.map((_, k) => k)) {
    Object.assign(this, { run, only, week: 0, seen: 0 })
    const { dates, chart: { ...chart } } = run.start
    chart.series = only.map(k => chart.series[k])
    const right = this.whole ? MARGIN : Math.max(chart.grid.right, ROOM)
    const room = { right, top: 10 }
    const media = chart.media?.map(({ query, option }) => ({ query, option: { ...option, grid: { ...option.grid, right: Math.min(right, ROOM - 12) }, series: option.series.map(s => ({ endLabel: { ...s.endLabel, overflow: 'none' } })) } }))
    const common = { type: 'line', silent: true, tooltip: { show: false }, z: 1, data: [] }
    const beside = style => chart.series.map(({ lineStyle }) => ({ ...common, lineStyle: { ...lineStyle, ...style } }))
    const [faint, ghosts] = [beside({ width: 1.5, opacity: 0.3 }), beside({ width: 2, opacity: 0.8, type: [2, 4] })]
    this.names = chart.series.map(s => this.whole ? '{dot|●}' : `{dot|●} ${s.name}`)
    const named = chart.series.map(s => ({ ...s, endLabel: { ...s.endLabel, minMargin: APART }, labelLayout: () => ({ x: this.right + 6, moveOverlap: 'shiftY' }) }))
    const spans = this.shaded.map(({ start, end, color }) => [{ xAxis: dates[start], itemStyle: { color, opacity: 0.08 } }, { xAxis: dates[Math.min(end, dates.length) - 1] }])
    const shading = { ...common, markArea: { silent: true, data: spans } }
    this.show({ ...chart, media, title: {}, grid: { ...chart.grid, ...room }, xAxis: { ...chart.xAxis, splitNumber: 3, min: dates[0], max: dates.at(-1) }, series: [...named, ...faint, ...ghosts, shading] })
  }

  // Curves of another run of the same apps that stay behind this one's; [] for none.
  behind(curves) {
    this.ghosts = curves
    if (this.run) this.turn(this.week)
  }

  turn(week) {
    this.week = week
    this.seen = Math.max(this.seen, week)
    const now = performance.now()
    clearTimeout(this.late)
    if (now - this.last < 60) return this.late = setTimeout(() => this.turn(this.week), 70)
    this.last = now
    this.#place()
  }

  #place() {
    if (!this.drawing || !this.run || this.due) return
    const { dates } = this.run.start
    const grid = this.drawing.getModel().getComponent('grid').coordinateSystem.getRect()
    this.right = grid.x + grid.width
    const active = this.only.map(k => this.run.series.active?.[k] ?? [])
    const end = values => this.whole ? values.length - 1 : this.week
    const points = (values, from, to) => values.slice(from, to).map((v, i) => [dates[from + i], 100 * v])
    const lines = active.map((values, k) => ({ data: points(values, 0, end(values) + 1),
      endLabel: { formatter: `${this.names[k]} ${counted(this.run.share(values[end(values)] ?? 0, this.percent))}` } }))
    const pale = active.map(values => ({ data: points(values, end(values), this.seen + 1) }))
    const ghosts = this.only.map(k => ({ data: points(this.ghosts[k] ?? [], 0, dates.length) }))
    this.drawing.setOption({ series: [...lines, ...pale, ...ghosts] })
    Object.assign(this.frame.style, { left: `${grid.x}px`, top: `${grid.y}px`, width: `${grid.width}px`, height: `${grid.height}px` })
    this.cursor.style.left = `${100 * this.week / Math.max(1, dates.length - 1)}%`
  }
}
