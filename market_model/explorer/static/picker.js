// The head of the page: title, story, luck, Run.
import { element } from './dom.js'

export function render({ model, el }) {
  const words = model.get('words').page
  const asked = () => model.get('asked')
  const story = element('select', { name: 'story' },
    ...model.get('stories').map(s => element('option', { value: s.name }, s.title)))
  const seed = element('input', { type: 'number', name: 'seed', min: 0, max: 999999, step: 1, required: true })
  const another = element('button', { type: 'button', title: words.another_help }, words.another)
  const form = element('form', { class: 'picker' },
    element('label', { class: 'story' }, element('span', {}, words.story), story),
    element('label', { title: words.seed_help }, element('span', {}, words.seed), seed),
    element('button', { type: 'submit', class: 'act' }, words.run), another)
  const other = element('a', { lang: words.other }, words.language)
  el.replaceChildren(element('header', { class: 'head' }, element('h1', {}, words.title), form, other))

  const show = () => {
    [story.value, seed.value] = asked()
    const place = new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(location.search)), story: story.value, seed: seed.value })
    // The address names what is shown, so that a reload shows it again.
    if (asked()[2]) history.replaceState(null, '', `?${place}`)
    place.set('lang', words.other)
    other.href = `?${place}`
  }
  const run = () => {
    model.set('asked', [story.value, Number(seed.value), asked()[2] + 1])
    model.save_changes()
    show()
  }
  form.addEventListener('submit', event => { event.preventDefault(); run() })
  story.addEventListener('change', run)
  another.addEventListener('click', () => { seed.value = Number(seed.value) + 1; run() })
  model.on('change:asked', show)
  show()
}
