// The page of the model: rules with curves that their sliders move, the table of parameters, the stories.
import { Chart } from './chart.js'
import { element, locale, math } from './dom.js'
import { go, here } from './place.js'

export function render({ model, el }) {
  const [words, language, onDark] = ['words', 'language', 'on_dark'].map(name => model.get(name))
  const [say, columns, charts] = [words.model, words.model.columns.split('|'), []]
  const number = new Intl.NumberFormat(locale(language), { maximumSignificantDigits: 5 })
  const ask = (path, values) => fetch(`/explorer/${path}?${new URLSearchParams({ ...values, lang: language })}`)
    .then(answer => (answer.ok ? answer.json() : null), () => null)

  const rule = ({ name, formula, sliders }) => {
    const [told, values] = [words[`rule_${name}`], { rule: name }]
    const chart = new Chart(`${told.title}: ${told.y}`, onDark, language)
    let [asked, shown] = [0, 0]
    const draw = async () => {
      const turn = ++asked
      const option = await ask('curve', values)
      if (option && turn > shown) chart.show(option)
      shown = Math.max(shown, turn)
    }
    const slider = ([key, letter, min, max, step, value]) => {
      const output = element('output', {}, number.format(value))
      const oninput = ({ target }) => {
        output.value = number.format(values[key] = target.value)
        draw()
      }
      return element('label', {}, element('span', {}, told[key], ' ', math('i', letter)), output,
        element('input', { type: 'range', 'aria-label': told[key], min, max, step, value, oninput }))
    }
    charts.push(chart)
    draw()
    return element('section', { class: 'card rule', id: name }, element('h2', {}, told.title), element('p', {}, told.text),
      math('p', formula), chart.el, element('div', { class: 'sliders' }, ...sliders.map(slider)))
  }
  const parameter = ({ choices, label, prior, source, symbol, unit, value, why }) => {
    const shown = typeof value === 'number' ? `${number.format(value)} ${unit.replace('–', '')}` : Object.fromEntries(choices)[value]
    const cells = [[math('i', symbol)], [element('b', {}, label), ' ', element('span', { class: 'muted' }, why)], [shown],
      prior ? [prior.map(number.format).join(' … ')] : [], [source === words.drawer.assumed ? element('em', {}, source) : source]]
    return element('tr', {}, ...cells.map((cell, i) => element('td', { 'data-head': columns[i] }, ...cell)))
  }
  const story = ({ name, title }) => {
    const place = here()
    place.set('story', name)
    const onclick = event => { event.preventDefault(); go(place, '/play') }
    return element('li', {}, element('a', { href: `/play?${place}`, onclick }, title))
  }
  const [table, head] = [element('tbody'), element('tr', {}, ...columns.map(column => element('th', { scope: 'col' }, column)))]
  ask('fields').then(fields => table.append(...(fields ?? []).filter(field => field.path.startsWith('parameters.')).map(parameter)))
  const card = (title, ...inside) => element('section', { class: 'card' }, element('h2', {}, title), ...inside)
  el.replaceChildren(element('main', { class: 'model', id: 'main' },
    element('h1', {}, say.title), element('p', { class: 'lead' }, say.lead),
    element('div', { class: 'rules' }, ...model.get('rules').map(rule)),
    card(say.parameters, element('p', { class: 'muted' }, say.parameters_help), element('table', {}, element('thead', {}, head), table)),
    card(say.stories, element('ul', {}, ...model.get('stories').map(story)))))
  return () => charts.forEach(chart => chart.remove())
}
