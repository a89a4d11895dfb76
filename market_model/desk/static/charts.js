// Draws every .chart[data-option] with the page's ECharts and its themes; options carry the colours of a light ground.
const dark = matchMedia('(prefers-color-scheme: dark)')
for (const place of document.querySelectorAll('.chart[data-option]')) {
  place.style.height = `${place.dataset.height}px`
  const onDark = JSON.parse(place.closest('[data-on-dark]').dataset.onDark)
  const chart = echarts.init(place, 'day', { renderer: 'svg', locale: document.documentElement.lang.startsWith('zh') ? 'ZH' : 'EN' })
  const draw = () => {
    chart.setTheme(dark.matches ? 'night' : 'day')
    chart.setOption(JSON.parse(place.dataset.option.replace(/#[0-9a-f]{6}\b/g, color => dark.matches && onDark[color] || color)), true)
  }
  draw()
  dark.addEventListener('change', draw)
  new ResizeObserver(() => chart.resize()).observe(place)
}
