// A changed run beside the one before: ghost lines, a comparison of the two, and a way back from a run that cannot be.
import { lensOf } from './lens.js'
import { go, here, note, runOf, there } from './place.js'
import { Recording, served } from './recording.js'

// To the run that `edit` makes of the address, in the week and view that are shown; the first one before stays pinned.
export function rerun(player, edit) {
  const { story, seed } = player.offers.run.start
  note({ week: player.week || null, view: player.network.view, story: here().get('story') ?? story, seed })
  const [pin, place] = [runOf(here()), edit(here())]
  if (!place.has('pin')) place.set('pin', pin)
  const app = concerned(player.run, place)
  if (app) place.set('view', lensOf(app))
  go(place)
}

// The app that the last change is about: its own, that of its offer, or the one that the story is about.
function concerned({ start, offers }, place) {
  const [of, name] = place.getAll('set').at(-1)?.split(/[.=]/) ?? []
  const known = app => start.apps.some(({ name }) => name && name === app)
  const app = of === 'offers' ? offers?.find(offer => offer.name === name)?.apps?.[0] : name
  return [app, start.focus, start.apps[1]?.name].find(known)
}

export class Ghost {
  constructor(player) {
    const { ghost: el, dotted: text, clear, compare, undo } = player.at
    Object.assign(this, { player, words: player.words.change, el, text })
    undo.onclick = () => this.#back()
    clear.onclick = () => [note({ pin: null }), this.begin()]
    compare.onclick = () => this.#compare()
  }

  begin() {
    const [{ shares, language, words }, place, pin] = [this.player, here(), here().get('pin')]
    this.remove()
    Object.assign(this, { pin, old: null })
    shares.behind([])
    this.el.hidden = pin === null || pin === runOf(place).toString()
    if (this.el.hidden) return
    this.text.textContent = this.words.dotted
    const old = this.old = new Recording(served(pin), language, words.people)
    old.open(line => {
      if (line.kind === 'start') this.player.network.against(old)
      shares.behind(old.series.active ?? [])
      this.player.counted()
    }).catch(({ message }) => { this.text.textContent = message })
  }

  grown({ kind }) { this.known ||= kind === 'end' }

  // From a run that cannot be to the one before, or to the address without its last change.
  #back() {
    if (this.known) return history.back()
    const place = here()
    const name = ['do', 'then'].find(one => place.has(one)) ?? 'set'
    place.delete(name, place.getAll(name).at(-1))
    go(place)
  }

  remove() { if (this.old) this.old.left = true }

  #compare() {
    const [place, { story, seed }] = [here(), this.player.offers.run.start]
    const a = place.get('pin') ?? `story=${place.get('story') ?? story}&seed=${seed}`
    go(there({ a, b: runOf(place), set: null, then: null, do: null, pin: null }), '/compare')
  }
}
