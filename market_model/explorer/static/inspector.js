// A user who was picked, on the stage or by number: who they are, and why they use what they use, as the model tells.
import { explain, told } from './answers.js'
import { element, fill, ground, numbers, row } from './dom.js'
import { here, note } from './place.js'

export class Inspector {
  constructor(player) {
    const [{ user: el, number, close, name, why: body }, { stage }] = [player.at, player.network]
    Object.assign(this, { player, el, number, name, body, stage, words: player.words.user, ...numbers(player.language) })
    number.oninput = () => this.pick(number.value)
    close.onclick = () => this.pick('')
    this.tip = element('span', { class: 'tip', hidden: true, 'aria-hidden': 'true' })
    stage.el.append(this.tip)
    for (const type of ['pointermove', 'pointerleave']) stage.el.addEventListener(type, event => this.#point(event, stage.at(event)))
    stage.el.onclick = event => this.pick(stage.at(event))
  }

  begin(run) {
    this.number.max = run.start.users - 1
    this.number.title = fill(this.words.field_help, { last: this.number.max })
    this.opened = run.start.focus || run.start.apps[1].name
    this.pick(here().get('user') ?? '')
  }

  rest() { this.#ask() }

  remove() {
    this.asked?.abort()
  }

  // Opens the card of a user, by number; '' or −1 closes it.
  pick(user) {
    this.user = user === -1 ? '' : String(user)
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
      const { apps, contacts, facts } = await told('user', query, this.asked)
      const known = Object.entries(facts).filter(([, value]) => value)
      body.replaceChildren(element('p', { class: 'muted' }, fill(words.in_week, { week })),
        element('dl', {}, ...known.map(([key, value]) => element('div', {}, element('dt', {}, words[key]), element('dd', {}, value)))),
        ...this.#apps(apps), element('p', { class: 'muted' }, words.help))
      this.stage.mark([Number(user), ...contacts])
    } catch (error) {
      if (error.name === 'AbortError') return
      body.replaceChildren(element('p', {}, explain(error, page)))
    }
    this.name.textContent = title
    body.ariaBusy = false
  }

  // The apps, one of them open: the terms of its value, as numbers and as bars to both sides.
  #apps(apps) {
    const { words, signed, percent, tenths, player: { run, onDark } } = this
    for (const { terms } of apps) terms.value = Object.values(terms).reduce((all, term) => all + term, 0)
    const most = Math.max(1, ...apps.flatMap(app => Object.values(app.terms)).map(Math.abs))
    const side = value => `left: ${50 + 50 * Math.min(0, value / most)}%; width: ${50 * Math.abs(value) / most}%`
    return apps.map(({ name, used, status, friends, terms, chance }) => {
      const { label, color } = run.start.apps.find(app => app.name === name)
      const rows = Object.entries(terms).map(([key, value]) =>
        row('row', words[key], signed(value), element('i', { class: value < 0 ? 'against' : 'for', style: side(value) })))
      rows.push(row('row', words[status === 'aware' ? 'chance_join' : 'chance_use'], tenths(chance), ''))
      const more = `${fill(words.friends_active, { share: percent(friends) })} ${fill(words[status], { chance: tenths(chance) })}`
      const keep = event => { if (event.target.open) this.opened = name }
      return element('details', { name: 'why', open: name === this.opened, ontoggle: keep },
        element('summary', {}, element('i', { style: ground(color, onDark) }), `${label} · ${words[used ? 'used' : 'unused']}`),
        element('p', { class: 'muted' }, more), element('table', { hidden: rows.length < 3 }, ...rows))
    })
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
