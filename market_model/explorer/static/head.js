// The head of every page: links to the other pages, theme and language.
import { watch } from './alive.js'
import { darkGround, textsOf } from './dom.js'
import { go, here, note, there } from './place.js'

export function render({ model, el }) {
  const words = textsOf(model)
  watch(words.exports.gone, words.page.broken)
  el.innerHTML = model.get('html')
  const [theme, ...languages] = el.querySelectorAll('select, .language')
  theme.value = darkGround.theme
  theme.onchange = () => {
    darkGround.theme = theme.value
    note({ theme: theme.value === 'auto' ? null : theme.value })
  }
  for (const link of languages) link.onclick = () => { link.href = `?${there({ lang: link.dataset.language })}` }
}

const OWN = /^\/(solo|missions?)\b/ // pages that are no part of this one

// Links within the site lead on without loading the page anew, and keep language and theme, those of the head the story, too.
function kept({ target }) {
  const link = target.closest?.('.explorer a[href^="/"]')
  if (!link) return null
  const [place, now] = [new URLSearchParams(link.search), here()]
  for (const name of link.closest('nav') ? ['lang', 'theme', 'story'] : ['lang', 'theme']) {
    now.has(name) ? place.set(name, now.get(name)) : place.delete(name)
  }
  link.search = place
  return link
}

document.addEventListener('pointerdown', kept)
document.addEventListener('click', event => {
  const link = kept(event)
  if (!link || OWN.test(link.pathname) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  go(link.search.slice(1), link.pathname)
  scrollTo(0, 0)
})
