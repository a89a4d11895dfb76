// What can be taken away: the address, a picture, the tables, a page that plays without a server. Embedded pages lead out.
import { answerOf, explain } from './answers.js'
import { darkGround, element, fill } from './dom.js'
import { picture } from './picture.js'
import { note, there } from './place.js'

export class Exports {
  constructor(player) {
    const { exports: menu, share, said, full } = player.at
    Object.assign(this, { player, words: player.words.exports, said, full })
    menu.onclick = ({ target }) => target.type === 'button' && this.#take(target.value)
    share.onclick = () => this.#share()
    this.leave = () => note({ week: player.week || null })
    addEventListener('explorer.leave', this.leave)
  }

  turn() { this.full.href = `${location.origin}/play?${this.#shown()}` }

  remove() { removeEventListener('explorer.leave', this.leave) }

  // The address, with the view and the week that are seen.
  #shown(more) { return there({ view: this.player.network.view, week: this.player.week, embed: null, ...more }) }

  async #share() {
    this.turn()
    const field = element('input', { readonly: true, value: this.full.href })
    const copied = await navigator.clipboard?.writeText(this.full.href).then(() => this.words.copied, () => null)
    this.#tell(copied ?? element('label', {}, `${this.words.by_hand} `, field))
    field.select()
  }

  async #take(file) {
    const { words, language, run: { start }, week } = this.player
    this.#tell(this.words.writing, 600)
    if (!file) return this.#save(await picture(this.player), `${start.story}-seed-${start.seed}-week-${week}.png`)
    const asked = this.#shown({ lang: language, theme: darkGround.matches ? 'dark' : 'light' })
    const answer = await answerOf(file, asked).catch(error => this.#tell(explain(error, words.page)))
    if (answer) this.#save(await answer.blob(), decodeURIComponent(answer.headers.get('content-disposition').split("''")[1]))
  }

  #save(blob, name) {
    element('a', { href: URL.createObjectURL(blob), download: name }).click()
    this.#tell(fill(name.endsWith('toml') ? this.words.class_saved : this.words.saved, { name }))
  }

  #tell(what, seconds = 20) {
    this.said.replaceChildren(what)
    clearTimeout(this.telling)
    this.telling = setTimeout(() => this.said.replaceChildren(), seconds * 1000)
  }
}
