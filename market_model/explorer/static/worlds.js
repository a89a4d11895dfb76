// How far an effect reaches: both runs again, in each world that the news leaves open.
import { told } from './answers.js'
import { element, fill, row, sentences } from './dom.js'

// Fills `el` as answers come, while they are `wanted()`; `texts`: those of a comparison; `head`: above the worlds, what b has more of.
export async function askWorlds(el, texts, head, { a, b, app }, wanted) {
  const [says, body, status] = [element('p', { class: 'says' }), element('tbody'), element('p', { role: 'status' }, texts.asking_worlds)]
  const heads = [head, texts.mean, texts.lowest, texts.highest].map(text => element('th', { scope: 'col' }, text))
  const table = element('table', { hidden: true }, element('thead', {}, element('tr', {}, ...heads)), body)
  el.replaceChildren(says, element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': texts.worlds }, table), status)
  for (let known = 0, of = 1; known < of && wanted();) {
    const answer = await told('worlds', { a, b, app, replicates: 4, known })
    if (!wanted()) return
    says.textContent = sentences(...answer.says)
    body.replaceChildren(...answer.rows.map(cells => row(...cells)))
    table.hidden = !answer.rows.length
    ;({ done: known, of } = answer)
    status.textContent = known < of ? fill(texts.progress, { done: known, of }) : ''
  }
}
