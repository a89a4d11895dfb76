// Solo play: the theme, sliders, and the talk after the game with its charts.
import './desk/desk.js'
import { explain, markup } from './answers.js'
import { partsOf } from './dom.js'

const { theme, debrief } = partsOf(document)

theme.onchange = () => {
  const address = new URL(location)
  theme.value === 'auto' ? address.searchParams.delete('theme') : address.searchParams.set('theme', theme.value)
  location.replace(address)
}

if (debrief) {
  try {
    debrief.replaceChildren(await markup('debrief', debrief.dataset.query))
    globalThis.echarts = (await import('./echarts.js')).default
    await import('./desk/charts.js')
  } catch (error) { debrief.textContent = explain(error, { crashed: '{reason}', away: debrief.dataset.away }) }
}
