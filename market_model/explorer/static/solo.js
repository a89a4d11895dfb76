// Solo play: the theme, sliders, and the talk after the game with its charts.
import './desk/desk.js'
import './desk/film.js'
import './desk/debrief.js'
import { explain, markup } from './answers.js'
import { partsOf } from './dom.js'
import { there } from './place.js'

const { theme, debrief } = partsOf(document)

theme.onchange = () => location.replace(`?${there({ theme: theme.value === 'auto' ? null : theme.value })}`)

document.querySelector('form.card')?.addEventListener('submit', event => {
  const bad = [...event.target.elements].find(field => field.validity.badInput)  // the server would find it empty
  if (bad) event.preventDefault(), bad.reportValidity()
})

if (debrief) {
  try {
    debrief.replaceChildren(await markup('debrief', debrief.dataset.query))
    const { charted } = await import('./chart.js')
    charted(debrief)
  } catch (error) { debrief.textContent = explain(error, debrief.dataset) }
}
