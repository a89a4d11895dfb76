// The head of every page: its name, the other pages, theme and language.
import { watch } from './alive.js'
import { choice, darkGround, element } from './dom.js'
import { go, here, note } from './place.js'

const PAGES = ['/', '/play', '/compare', '/model']
const THEMES = ['auto', 'light', 'dark']

export function render({ model, el }) {
  const words = model.get('words').head
  watch(model.get('words').exports.gone, model.get('words').page.broken)
  const kept = () => new URLSearchParams([...here()].filter(([name]) => ['lang', 'theme', 'story'].includes(name)))
  const link = path => element('a', { href: `${path}?${kept()}`, 'aria-current': path === model.get('page') && 'page',
    onclick: event => [event.preventDefault(), go(kept(), path)] }, words[path])
  const dye = ({ target }) => {
    darkGround.theme = target.value
    note({ theme: target.value === 'auto' ? null : target.value })
  }
  const theme = choice(THEMES.map(name => [name, words[name]]), darkGround.theme, { 'aria-label': words.theme, onchange: dye })
  const language = element('a', { lang: words.other, href: '#', class: 'language', onclick: event => {
    event.preventDefault()
    location.search = new URLSearchParams([...[...here()].filter(([name]) => name !== 'lang'), ['lang', words.other]])
  } }, words.language)
  const skip = element('a', { href: '#main', class: 'skip' }, words.skip)
  el.replaceChildren(element('header', { class: 'head' }, skip, element('p', { class: 'name' }, words.name),
    element('nav', { 'aria-label': words.pages }, ...PAGES.map(link)), theme, language))
}
