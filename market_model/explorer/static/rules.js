// The page of the model: rules with curves that their sliders move, the tables of parameters and of evidence, the stories.
import { told } from './answers.js'
import { Chart } from './chart.js'
import { element, ground, math, numbers, table, titled } from './dom.js'
import { go, here } from './place.js'

export function render({ model, el }) {
  const [words, language, onDark] = ['words', 'language', 'on_dark'].map(name => model.get(name))
  const [texts, columns, charts] = [words.model, words.model.columns.split('|'), []]
  const { digits } = numbers(language)
  const ask = (path, values) => told(path, { ...values, lang: language }).catch(() => null)

  const rule = ({ name, formula, sliders }) => {
    const [say, values] = [words[`rule_${name}`], { rule: name }]
    const chart = new Chart(`${say.title}: ${say.y}`, onDark, language)
    let [asked, shown] = [0, 0]
    const draw = async () => {
      const turn = ++asked
      const option = await ask('curve', values)
      if (option && turn > shown) chart.show(option)
      shown = Math.max(shown, turn)
    }
    const slider = ([key, letter, min, max, step, value]) => {
      const output = element('output', {}, digits(value))
      const oninput = ({ target }) => {
        output.value = digits(values[key] = target.value)
        draw()
      }
      return element('label', {}, element('span', {}, say[key], ' ', math('i', letter)), output,
        element('input', { type: 'range', 'aria-label': say[key], min, max, step, value, oninput }))
    }
    charts.push(chart)
    draw()
    return titled(say.title, { class: 'card rule', id: name }, element('p', {}, say.text),
      math('p', formula), chart.el, element('div', { class: 'sliders' }, ...sliders.map(slider)))
  }
  const parameter = ({ choices, label, prior, source, symbol, unit, value, why }) => {
    const shown = typeof value === 'number' ? `${digits(value)} ${unit.replace('–', '')}` : Object.fromEntries(choices)[value]
    const cells = [[math('i', symbol)], [element('b', {}, label), ' ', element('span', { class: 'muted' }, why)], [shown],
      prior ? [prior.map(digits).join(' … ')] : [], [source === words.drawer.assumed ? element('em', {}, source) : source]]
    return element('tr', {}, ...cells.map((cell, i) => element('td', { 'data-head': columns[i] }, ...cell)))
  }
  const facts = ({ colors, headers, height, help, option, rows, title }) => {
    const chart = new Chart(title, onDark, language, height)
    charts.push(chart)
    chart.show(option)
    const key = colors.map(([name, color]) => element('li', {}, element('span', { style: ground(color, onDark) }), name))
    const cells = row => row.map((text, i) => element('td', { 'data-head': headers[i] }, text))
    return titled(title, { class: 'card facts' }, element('p', { class: 'muted' }, help), element('ul', { class: 'key' }, ...key),
      chart.el, table(headers, element('tbody', {}, ...rows.map(row => element('tr', {}, ...cells(row))))))
  }
  const story = ({ name, title }) => {
    const place = here()
    place.set('story', name)
    const onclick = event => { event.preventDefault(); go(place, '/play') }
    return element('li', {}, element('a', { href: `/play?${place}`, onclick }, title))
  }
  const rows = element('tbody')
  ask('fields').then(fields => rows.append(...(fields ?? []).filter(field => field.path.startsWith('parameters.')).map(parameter)))
  el.replaceChildren(element('main', { class: 'model', id: 'main' },
    element('h1', {}, texts.title), element('p', { class: 'lead' }, texts.lead),
    element('div', { class: 'rules' }, ...model.get('rules').map(rule)),
    titled(texts.parameters, { class: 'card' }, element('p', { class: 'muted' }, texts.parameters_help), table(columns, rows)),
    element('h2', {}, texts.evidence), element('p', { class: 'lead' }, texts.evidence_help), ...model.get('evidence').map(facts),
    titled(texts.stories, { class: 'card' }, element('ul', {}, ...model.get('stories').map(story)))))
  return () => charts.forEach(chart => chart.remove())
}
