// A user who was picked, on the stage or by number: who they are, and why they use what they use, as the model tells.
import { explain, markup } from './answers.js'
import { fill } from './dom.js'
import { here, note } from './place.js'

export class Inspector {
  constructor(player) {
    const [{ user: el, number, close, name, why: body, tip }, { stage }] = [player.at, player.network]
    Object.assign(this, { player, el, number, name, body, tip, stage, words: player.words.user })
    body.addEventListener('toggle', ({ target }) => { if (target.open) this.opened = target.dataset.app }, true)
    number.oninput = () => this.pick(number.value)
    close.onclick = () => this.pick('')
    for (const type of ['pointermove', 'pointerleave']) stage.el.addEventListener(type, event => this.#point(event, stage.at(event)))
    stage.el.onclick = event => this.pick(stage.at(event))
  }

  begin(run) {
    this.number.max = run.start.users - 1
    this.number.title = fill(this.words.field_help, { last: this.number.max })
    this.pick(here().get('user') ?? '')
  }

  rest() { this.#ask() }

  remove() { this.asked?.abort() }

  // Opens the card of a user, by number; '' or −1 closes it.
  pick(user) {
    const picked = user === -1 ? '' : String(user)
    if (picked !== this.user) this.opened = null
    this.user = picked
    this.query = ''
    if (this.number.value !== this.user) this.number.value = this.user
    this.el.hidden = !this.user
    this.stage.mark(this.user ? [Number(user)] : [])
    note({ user: this.user || null })
    this.#ask()
  }

  async #ask() {
    const { words, body, user, player: { asked, week, language, words: { page } } } = this
    const query = `${asked}&${new URLSearchParams({ user, week, lang: language })}`
    if (query === this.query) return
    this.asked?.abort()
    Object.assign(this, { query, asked: new AbortController() })
    if (!user) return
    const title = fill(words.title, { user })
    this.name.textContent = `${title} · ${words.asking}`
    body.ariaBusy = true
    try {
      body.replaceChildren(await markup('user', query, this.asked))
      if (this.opened) body.querySelector(`[data-app="${this.opened}"]`)?.setAttribute('open', '')
      this.stage.mark([Number(user), ...JSON.parse(body.firstElementChild.dataset.contacts)])
    } catch (error) {
      if (error.name === 'AbortError') return
      body.textContent = explain(error, page)
    }
    this.name.textContent = title
    body.ariaBusy = false
  }

  // What the picture knows of the user under the pointer.
  #point({ type, offsetX, offsetY }, user) {
    this.tip.hidden = user < 0 || type === 'pointerleave'
    if (user < 0) return
    const { film, kinds } = this.player.network
    this.tip.textContent = `${fill(this.words.title, { user })} · ${kinds[film.frame[user]].label}`
    Object.assign(this.tip.style, { left: `${offsetX}px`, top: `${offsetY}px` })
  }
}
