// While an offer is dragged: who would differ, in a small society that is computed as fast as the hand moves. Of what the
// hand did meanwhile the last is asked for; at the drop all of it is thrown away.
import { told } from './answers.js'
import { element, fill, ground, numbers } from './dom.js'
import { USE, lensOf } from './lens.js'
import { runOf } from './place.js'

const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0))

export class Preview {
  constructor(player) {
    Object.assign(this, { player, words: player.words.preview, el: player.at.preview, ...numbers() })
  }

  begin() {
    Object.assign(this, { before: null, society: null, wanted: null, busy: false })
    this.#see(false)
  }

  // These people are wanted soon.
  ready(app) {
    const a = this.player.asked
    if (this.before === a) return
    this.before = a
    this.#ask(a, app).then(society => {
      if (this.before !== a) return
      this.society = society
      this.#next()
    }, () => {})
  }

  // The run of another query is what the hand holds now.
  show(query, app) {
    this.ready(app)
    this.wanted = { query: runOf(query).toString(), app }
    this.player.clock.stop()
    this.#next()
  }

  end() {
    if (!this.wanted) return
    this.wanted = this.shown = null
    this.#see(false)
    this.player.network.look(this.player.network.view)
  }

  async #next() {
    const { wanted } = this
    if (this.busy || !wanted || wanted === this.shown || !this.society) return
    this.busy = true
    try {
      const answer = await this.#ask(wanted.query, wanted.app)
      this.shown = wanted
      if (this.wanted) this.#draw(answer, wanted.app)
    } catch { // a run that cannot be says so when it is asked for
      this.shown = wanted
    } finally {
      this.busy = false
    }
    if (this.wanted !== wanted) this.#next()
  }

  #ask(b, app) { return told('preview', { a: this.player.asked, b, app, week: this.player.week }) }

  #draw({ week, kinds }, name) {
    const { society, words, plain, player: { network, onDark, run } } = this
    const frame = bytes(kinds)
    const counts = new Array(256).fill(0)
    for (const kind of frame) counts[kind]++
    const shown = network.foresee({ ...society, contacts: new Uint32Array(bytes(society.contacts).buffer) }, { frame, counts, users: frame.length }, lensOf(name))
    const app = run.start.apps.find(one => one.name === name).label
    const parts = USE.filter(kind => counts[kind]).map(kind => element('span', {}, element('i', { style: ground(shown[kind].color, onDark) }),
      fill(words[kind === USE[0] ? 'more' : 'fewer'], { n: plain(counts[kind]) })))
    this.el.replaceChildren(element('b', {}, fill(words.of, { app, week, users: plain(frame.length) })),
      ...parts.length ? parts : [words.nobody], element('small', {}, words.drop))
    this.#see(true)
  }

  #see(seen) {
    this.el.hidden = !seen
    this.player.at.main.classList.toggle('foreseen', seen)
  }
}
