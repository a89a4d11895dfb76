// The keys: a dialog that tells them all, and the full screen, which has one, too.
import { button, element, sign } from './dom.js'

export class Help {
  constructor({ words, clock }) {
    const { title, close, full } = words.help
    const lines = Object.entries(words.keys).flatMap(([key, what]) => [element('dt', {}, element('kbd', {}, key)), element('dd', {}, what)])
    this.el = element('dialog', { class: 'card help', 'aria-label': title }, element('h2', {}, title), element('dl', {}, ...lines),
      button(close, () => this.el.close(), { class: 'act' }))
    clock.keys['?'] = () => this.el.showModal()
    clock.keys.f = () => document.fullscreenElement ? document.exitFullscreen() : this.el.parentElement.requestFullscreen()
    const tool = (shown, name, key) => sign(shown, name, clock.keys[key], { class: shown || 'full' })
    clock.buttons.append(...document.fullscreenEnabled ? [tool('', full, 'f')] : [], tool('?', title, '?'))
  }
}
