// Figures of the whole run under the time line, on tabs, each with its table; and a table for any other chart.
import { lastBill } from './cards.js'
import { Chart } from './chart.js'
import { button, element, figure, fill, ground, numbers, row } from './dom.js'

const WIDE = 8 // columns that a reader sees at once

// A table that is made when it is opened: read() gives { headers, rows }.
function tableOf(words, label, read) {
  const name = words.table
  const place = element('div', { class: 'rows', tabindex: 0, role: 'region', 'aria-label': `${name}: ${label}` })
  const show = ({ headers, rows }) => {
    const head = element('tr', {}, ...headers.map(header => element('th', { scope: 'col' }, header)))
    const cue = headers.length > WIDE ? [element('p', { class: 'muted' }, fill(words.columns, { columns: headers.length }))] : []
    place.replaceChildren(...cue, element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows.map(cells => row(...cells)))))
  }
  return element('details', { class: 'table', ontoggle: event => event.target.open && show(read()) }, element('summary', {}, name), place)
}

export class Panels {
  constructor(player) {
    const [{ panels: words, shares }, { at }] = [player.words, player]
    Object.assign(this, { player, at, words, charts: [], bill: -1, ...numbers() })
    at.tabs.onkeydown = event => this.#step(event)
    at.monthly.onchange = () => this.#show()
    this.curves = tableOf(words, shares.title, () => this.#weeks(player.run))
    at.curves.replaceWith(this.curves)
  }

  grown({ kind, panels }) {
    const { at, player: { run: { start, weeks } } } = this
    if (kind === 'start') {
      this.curves.open = false
      for (const part of [at.tabs, at.figures]) part.replaceChildren()
    }
    if (kind === 'weeks') {
      at.panels.hidden = false
      at.coming.textContent = fill(this.words.coming, { weeks, all: start.weeks })
    }
    at.panels.classList.toggle('whole', this.player.run.done)
    if (kind === 'end') {
      const full = panels.filter(({ charts, rows }) => charts.length || rows.length)
      at.tabs.replaceChildren(...full.map(({ title, key }) =>
        button(title, () => this.#show(key), { role: 'tab', id: `tab-${key}`, 'aria-controls': 'panel' })))
      at.panels.hidden = !full.length
      if (full.length) this.#show((full.find(({ key }) => key === this.key) ?? full[0]).key)
    } else if (panels?.includes(this.panel)) this.#show()
  }

  // The clock says which bill is meant.
  turn(week) {
    const bill = lastBill(this.player.run.series.sponsored, week)
    if (bill === this.bill) return
    this.bill = bill
    if (this.panel?.months) this.#show()
  }

  remove() { for (const chart of this.charts.splice(0)) chart.remove() }

  get panel() { return this.player.run.panels.find(p => p.key === this.key) }

  // The panel on top: what it shows, its charts, the table behind them.
  #show(key = this.key) {
    const open = key === this.key && this.at.figures.querySelector('details')?.open
    this.key = key
    const { at, panel, player: { onDark }, words } = this
    for (const tab of at.tabs.children) tab.tabIndex = (tab.ariaSelected = tab.id === `tab-${key}`) ? 0 : -1
    at.panel.setAttribute('aria-labelledby', `tab-${key}`)
    at.month.hidden = !panel.months?.length
    at.bill.textContent = fill(words.month, { week: Math.max(0, this.bill) })
    const { charts, headers, rows, empty } = at.monthly.checked && panel.months ? this.#month(panel) : panel
    this.remove()
    const figures = charts.map(({ title, option, height }) => {
      const chart = new Chart(`${panel.title} ${title}`, height)
      chart.show(option)
      this.charts.push(chart)
      return figure(title, chart.el)
    })
    const colors = panel.colors.map(([label, color]) => element('li', {}, element('i', { style: ground(color, onDark) }), label))
    const table = tableOf(words, panel.title, () => ({ headers, rows }))
    Object.assign(table, { open, hidden: !rows.length })
    at.figures.replaceChildren(element('p', { class: 'muted' }, panel.help),
      element('ul', { class: 'legend', hidden: !colors.length }, ...colors), empty, element('div', { class: 'charts' }, ...figures), table)
  }

  // "Who pays" at one bill: the whole run's figure with that bill's bands.
  #month({ charts: [whole], headers, months }) {
    const links = months.filter(([week]) => week === this.bill).map(([, source, target, value]) => ({ source, target, value }))
    if (!links.length) return { charts: [], rows: [], empty: this.words.nothing }
    const [series] = whole.option.series
    const data = series.data.map(node => {
      const sum = links.filter(l => l.source === node.name || l.target === node.name).reduce((all, l) => all + l.value, 0)
      return { ...node, sum, label: { ...node.label, formatter: `{name|${node.name}}\n{money|${this.short(sum)} ${headers[2]}}` } }
    }).filter(node => node.sum)
    const option = { ...whole.option, series: [{ ...series, bottom: 24, data, links }] }
    return { charts: [{ ...whole, option }], headers, rows: links.map(l => [l.source, l.target, this.short(l.value)]), empty: '' }
  }

  #weeks(run) {
    const { start: { dates, apps }, series: { active } } = run
    return { headers: [this.words.week, ...apps.slice(1).map(a => a.label)],
      rows: active[0].map((_, week) => [dates[week], ...active.map(app => run.share(app[week], this.tenths))]) }
  }

  #step(event) {
    const { nextSibling: next, previousSibling: before, parentNode: { firstChild: first, lastChild: last } } = event.target
    const to = { ArrowRight: next ?? first, ArrowLeft: before ?? last, Home: first, End: last }[event.key]
    if (!to) return
    event.preventDefault()
    to.click()
    to.focus()
  }
}
