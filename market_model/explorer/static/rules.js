// The page of the model: rules with curves that their sliders move, and numbers as the reader writes them.
import { told } from './answers.js'
import { Chart, charted } from './chart.js'
import { numbers, textsOf } from './dom.js'

export function render({ model, el }) {
  const [words, language] = [textsOf(model), model.get('language')]
  const { digits } = numbers()
  el.innerHTML = model.get('html')
  for (const number of el.querySelectorAll('data, output')) number.textContent = digits(Number(number.value))
  const charts = charted(el)
  charts.push(...[...el.querySelectorAll('.rule')].map(rule => {
    const { title, y } = words[`rule_${rule.id}`]
    const [chart, values] = [new Chart(`${title}: ${y}`), { rule: rule.id, lang: language }]
    let [asked, shown] = [0, 0]
    const draw = async () => {
      const turn = ++asked
      const option = await told('curve', values).catch(() => null)
      if (option && turn > shown) chart.show(option)
      shown = Math.max(shown, turn)
    }
    rule.oninput = ({ target: { name, value, previousElementSibling: output } }) => {
      values[name] = value
      output.value = digits(Number(value))
      draw()
    }
    rule.querySelector('.chart').replaceWith(chart.el)
    draw()
    return chart
  }))
  return () => charts.forEach(chart => chart.remove())
}
