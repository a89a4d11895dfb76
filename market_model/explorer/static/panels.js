// Figures of the whole run under the time line, on tabs, each with its table; and a table for any other chart.
import { lastBill } from './cards.js'
import { Chart } from './chart.js'
import { button, element, figure, fill, ground, numbers, row, table, taken } from './dom.js'

// A table that is made when it is opened: read() gives { headers, rows }.
function tableOf({ table: name }, label, read) {
  const place = element('div', { class: 'rows', tabindex: 0, role: 'region', 'aria-label': `${name}: ${label}` })
  const show = ({ headers, rows }) =>
    place.replaceChildren(table(headers, element('tbody', {}, ...rows.map(cells => row('row', ...cells)))))
  return element('details', { class: 'table', ontoggle: event => event.target.open && show(read()) }, element('summary', {}, name), place)
}

export class Panels {
  constructor(player) {
    const words = player.words.panels
    Object.assign(this, { player, words, charts: [], ...numbers(player.language) })
    this.tabs = element('div', { class: 'tabs', role: 'tablist', 'aria-label': words.label, onkeydown: event => this.#step(event) })
    this.monthly = element('input', { type: 'checkbox', onchange: () => this.#show() })
    this.month = element('label', {}, this.monthly, element('span'))
    this.place = element('div')
    this.shown = element('div', { role: 'tabpanel', id: 'panel' }, this.month, this.place)
    this.el = element('section', { class: 'card panels', 'aria-label': words.label })
    this.curves = tableOf(words, player.words.shares.title, () => this.#weeks(player.run))
  }

  grown({ kind, panels }) {
    const { start, weeks } = this.player.run
    if (kind === 'start') this.curves.open = false
    if (kind === 'weeks') this.el.replaceChildren(element('p', { class: 'muted' }, fill(this.words.coming, { weeks, all: start.weeks })))
    if (kind === 'end') {
      this.tabs.replaceChildren(...panels.map(({ title, key }) =>
        button(title, () => this.#show(key), { role: 'tab', id: `tab-${key}`, 'aria-controls': 'panel' })))
      this.el.replaceChildren(this.tabs, this.shown)
      this.#show((this.panel ?? panels[0]).key)
    } else if (panels?.includes(this.panel)) this.#show()
  }

  // The clock says which bill is meant.
  turn(week) {
    const bill = lastBill(this.player.run.series.sponsored, week)
    if (bill === this.bill) return
    this.bill = bill
    if (this.panel?.months) this.#show()
  }

  remove() {
    for (const chart of this.charts.splice(0)) chart.remove()
  }

  get panel() { return this.player.run.panels.find(p => p.key === this.key) }

  // The panel on top: what it shows, its charts, the table behind them.
  #show(key = this.key) {
    const open = key === this.key && this.place.querySelector('details')?.open
    this.key = key
    const { panel, player: { onDark, language }, words } = this
    for (const tab of this.tabs.children) tab.tabIndex = (tab.ariaSelected = tab.id === `tab-${key}`) ? 0 : -1
    this.shown.setAttribute('aria-labelledby', `tab-${key}`)
    this.month.hidden = !panel.months?.length
    this.month.lastChild.textContent = fill(words.month, { week: Math.max(0, this.bill) })
    const { charts, headers, rows, empty } = this.monthly.checked && panel.months ? this.#month(panel) : panel
    this.remove()
    const figures = charts.map(({ title, option, height }) => {
      const chart = new Chart(`${panel.title} ${title}`, onDark, language, height)
      chart.show(option)
      this.charts.push(chart)
      return figure(title, chart.el)
    })
    const colors = panel.colors.map(([label, color]) => element('li', {}, element('i', { style: ground(color, onDark) }), label))
    const table = tableOf(words, panel.title, () => ({ headers, rows }))
    Object.assign(table, { open, hidden: !rows.length })
    this.place.replaceChildren(element('p', { class: 'muted' }, panel.help),
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

  #weeks({ start: { dates, apps }, series: { active } }) {
    return { headers: [this.words.week, ...apps.slice(1).map(a => a.label)],
      rows: active[0].map((_, week) => [dates[week], ...active.map(app => this.tenths(app[week]))]) }
  }

  #step(event) {
    const { nextSibling: next, previousSibling: before, parentNode: { firstChild: first, lastChild: last } } = event.target
    const to = { ArrowRight: next ?? first, ArrowLeft: before ?? last, Home: first, End: last }[event.key]
    if (!to) return
    taken(event)
    to.click()
    to.focus()
  }
}
