// The one way to draw: options carry the colours of a light ground. `LOOK` is what charts/look.py knows of colours.
const MANY = 1e5 // from here on an axis has no room for all digits
const short = value => {
  const { lang } = document.documentElement
  const text = value.toLocaleString(lang, { notation: 'compact', maximumSignificantDigits: 3 })
  return lang.startsWith('en') ? text.replace('m', 'M') : text
}
for (const [name, theme] of Object.entries(LOOK.themes)) {
  theme.valueAxis.axisLabel.formatter = value => (Math.abs(value) < MANY ? echarts.format.addCommas(value) : short(value)).replace('-', '−')
  echarts.registerTheme(name, theme)
}
echarts.palette = LOOK.palette

echarts.begin = (place, language = document.documentElement.lang) =>
  echarts.init(place, 'day', { renderer: 'svg', locale: language.startsWith('zh') ? 'ZH' : 'EN' })

// Nothing but zeros: the axis ends at one of their unit, without decimals.
const flatten = ({ yAxis, series = [] }) => {
  const values = series.flatMap(({ data = [] }) => data.map(point => [point?.value ?? point].flat().at(-1)))
  if (yAxis?.type === 'value' && values.length && values.every(value => !value)) Object.assign(yAxis, { min: 0, max: yAxis.max ?? 1, minInterval: 1 })
}

// Where a name at the end of a curve has no room beside its count ("8 of 21"), it breaks before that.
const breakEnds = ({ media = [], series }) => media.forEach(({ option }) => option.series?.forEach(({ endLabel }, i) => {
  if (endLabel?.overflow !== 'break') return
  const { name, endLabel: { formatter } } = series[i]
  Object.assign(endLabel, { width: 112, formatter: formatter.endsWith('%') ? formatter : formatter.replace(`${name} `, `${name}\n`) })
}))

// An option as it looks on a dark or a light ground; what is no JSON in it stays: functions that place labels.
echarts.show = (chart, option, dark) => {
  const tinted = JSON.parse(JSON.stringify(option).replace(/#[0-9a-f]{6}\b/g, color => dark && LOOK.onDark[color] || color))
  option.series?.forEach(({ labelLayout }, i) => { if (labelLayout) tinted.series[i].labelLayout = labelLayout })
  flatten(tinted)
  breakEnds(tinted)
  if (tinted.yAxis?.max) tinted.yAxis.splitNumber ??= 5 // fifths of a round end are round
  tinted.textStyle = { ...tinted.textStyle, fontFamily: getComputedStyle(chart.getDom()).fontFamily }
  chart.getModel() ?? chart.setOption({}) // without an option a chart keeps the theme it began with
  chart.setTheme(dark ? 'night' : 'day')
  chart.setOption(tinted, true)
}

// Draws every .chart of a page that has no script of its own: its option stands in it, or in the element after it.
// data-color: of marks in the text; data-print: width on paper.
echarts.page = () => {
  const ground = matchMedia('(prefers-color-scheme: dark)')
  const charts = [...document.querySelectorAll('.chart')].map(place => {
    if (place.dataset.height) place.style.height = `${place.dataset.height}px`
    const option = JSON.parse(place.dataset.option ?? place.nextElementSibling.textContent)
    return { place, option, chart: echarts.begin(place) }
  })
  const draw = dark => {
    for (const { chart, option } of charts) echarts.show(chart, option, dark)
    for (const mark of document.querySelectorAll('[data-color]')) {
      mark.style.background = dark && LOOK.onDark[mark.dataset.color] || mark.dataset.color
    }
  }
  draw(ground.matches)
  ground.addEventListener('change', () => draw(ground.matches))
  for (const { place, chart } of charts) new ResizeObserver(() => chart.resize()).observe(place)
  addEventListener('beforeprint', () => {
    draw(false)
    for (const { place, chart } of charts) if (place.dataset.print) chart.resize({ width: Number(place.dataset.print) })
  })
  addEventListener('afterprint', () => {
    draw(ground.matches)
    for (const { chart } of charts) chart.resize({ width: 'auto' })
  })
}
