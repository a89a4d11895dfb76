// The head of every page: its name, the other pages, theme and language.
import { watch } from './alive.js'
import { darkGround, element } from './dom.js'
import { go, here, note } from './place.js'

const PAGES = ['/', '/play', '/compare', '/model']
const THEMES = ['auto', 'light', 'dark']

export function render({ model, el }) {
  const words = model.get('words').head
  watch(model.get('words').exports.gone)
  const kept = () => new URLSearchParams([...here()].filter(([name]) => ['lang', 'theme', 'story'].includes(name)))
  const link = path => element('a', { href: `${path}?${kept()}`, 'aria-current': path === model.get('page') && 'page',
    onclick: event => { event.preventDefault(); go(kept(), path) } }, words[path])
  const theme = element('select', { 'aria-label': words.theme, class: 'theme' },
    ...THEMES.map(name => element('option', { value: name }, words[name])))
  theme.value = darkGround.theme
  theme.addEventListener('change', () => {
    darkGround.theme = theme.value
    note({ theme: theme.value === 'auto' ? null : theme.value })
  })
  const language = element('a', { lang: words.other, href: '#', class: 'language', onclick: event => {
    event.preventDefault()
    const place = here()
    place.set('lang', words.other)
    location.search = place
  } }, words.language)
  const skip = element('a', { href: '#main', class: 'skip' }, words.skip)
  el.replaceChildren(element('header', { class: 'head' }, skip, element('p', { class: 'name' }, words.name),
    element('nav', { 'aria-label': words.pages }, ...PAGES.map(link)), theme, language))
}
