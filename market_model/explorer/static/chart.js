// An ECharts option with the clock's cursor over it. Options carry the colours of a light ground.
import echarts from './echarts.js'
import { darkGround, element, tint } from './dom.js'

export class Chart {
  constructor(label, onDark, language) {
    Object.assign(this, { onDark, language })
    this.plot = element('div', { class: 'plot' })
    this.cursor = element('div', { class: 'cursor', 'aria-hidden': 'true' })
    this.el = element('div', { class: 'chart', role: 'img', 'aria-label': label }, this.plot, this.cursor)
    this.resized = new ResizeObserver(() => this.#fit())
    this.resized.observe(this.el)
    this.repaint = () => this.#draw()
    darkGround.addEventListener('change', this.repaint)
  }

  // option: of ECharts; dates: of the weeks.
  show(option, dates) {
    [this.option, this.dates, this.date] = [option, dates, dates[0]]
    this.#fit()
    this.#draw()
  }

  update(week) {
    this.date = this.dates[week]
    this.#place()
  }

  remove() {
    this.resized.disconnect()
    darkGround.removeEventListener('change', this.repaint)
    this.drawing?.dispose()
  }

  #fit() {
    if (!this.option || !this.plot.clientWidth) return
    if (this.drawing) this.drawing.resize()
    else this.#draw()
    this.#place()
  }

  #draw() {
    if (!this.option || !this.plot.clientWidth) return
    this.drawing ??= echarts.init(this.plot, null, { renderer: 'svg', locale: this.language === 'en' ? 'EN' : 'ZH' })
    const option = JSON.parse(JSON.stringify(this.option).replace(/#[0-9a-f]{6}\b/g, color => tint(color, this.onDark)))
    option.textStyle = { ...option.textStyle, fontFamily: getComputedStyle(this.el).fontFamily }
    this.drawing.setOption(option, true)
    this.#place()
  }

  #place() {
    if (!this.drawing) return
    const x = this.drawing.convertToPixel({ xAxisIndex: 0 }, this.date)
    const grid = this.drawing.getModel().getComponent('grid').coordinateSystem.getRect()
    Object.assign(this.cursor.style, { transform: `translateX(${x}px)`, top: `${grid.y}px`, height: `${grid.height}px` })
  }
}
