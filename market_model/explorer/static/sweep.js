// The page of sweeps: the server draws what the form asks for; the address says it.
import { explain, markup } from './answers.js'
import { charted } from './chart.js'
import { element, textsOf } from './dom.js'
import { here, note } from './place.js'

export function render({ model, el }) {
  const words = textsOf(model)
  let charts = []
  el.innerHTML = model.get('html')
  const main = el.querySelector('main')
  const end = () => charts.forEach(chart => chart.remove())
  const show = async () => {
    main.ariaBusy = true
    try {
      const found = await markup('sweep', here())
      end()
      main.replaceChildren(found)
      charts = charted(main)
    } catch (error) {
      main.replaceChildren(element('h1', {}, words.sweep.title), element('p', { class: 'problem', role: 'alert' }, explain(error, words.page)))
    }
    main.ariaBusy = false
  }
  main.onchange = ({ target }) => {
    note(target.name === 'folder' ? { folder: target.value, measure: null, x: null, y: null } : { [target.name]: target.value })
    show()
  }
  show()
  return end
}
