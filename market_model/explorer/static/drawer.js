// The drawer of parameters: every number of the story with its slider, its reason and its source; changed ones make another run.
import { explain, markup } from './answers.js'
import { fill } from './dom.js'
import { rerun } from './change.js'
import { changed, changesOf, go, here, laterOf, onward, runOf } from './place.js'

export class Drawer {
  constructor(player) {
    const { language, words, at: { drawer: el, opener, search, groups: list, run, late, since } } = player
    Object.assign(this, { player, language, words: words.drawer, page: words.page, pending: {}, el, opener, search, list, run, late, since })
    late.onchange = () => this.#when()
    el.onkeydown = ({ key }) => { if (key === 'Escape') el.hidePopover() }
    el.ontoggle = event => (event.newState === 'open' ? this.#load() : opener.focus())
    list.oninput = ({ target }) => this.#take(target.closest('.field'), target.value)
    list.onclick = ({ target }) => { if (target.matches('.reset')) this.#take(target.parentElement, target.parentElement.dataset.written) }
    search.oninput = () => this.#find()
    run.onclick = () => this.#run()
    this.#count()
  }

  begin() {
    if (this.el.matches(':popover-open')) this.#load()
    this.#count()
  }

  // From which week on the levers act.
  turn(week) {
    this.since.textContent = fill(this.words.from_week, { week })
    this.#when()
  }

  // From a week on few things can change, and only after the first.
  #when() {
    const { late, list, player: { week } } = this
    late.disabled = !week
    const only = late.checked && !late.disabled
    list.classList.toggle('onward', only)
    for (const row of list.querySelectorAll('.field')) row.inert = only && !('later' in row.dataset)
  }

  #run() {
    const { late, pending, player } = this
    if (!Object.keys(pending).length) return
    if (late.checked && !late.disabled) {
      const values = Object.fromEntries(Object.entries(pending).map(([path, value]) => [path, value ?? this.#row(path).dataset.written]))
      rerun(player, place => onward(place, player.week, values))
      return this.el.hidePopover()
    }
    const query = changed(here(), pending)
    go(query, '/play')
    this.#load(query)
  }

  #row(path) { return this.list.querySelector(`[data-path="${CSS.escape(path)}"]`) }

  #count() {
    const count = changesOf(changed(here(), this.pending)).size + laterOf(here()).length
    this.opener.textContent = count ? fill(this.words.opened, { count }) : this.words.open
    this.run.setAttribute('aria-disabled', !Object.keys(this.pending).length)
  }

  // The rows of the story as an address has it; this page's own lags a little behind `go`.
  async #load(query = here()) {
    const asked = `${runOf(query)}&lang=${this.language}`
    if (asked === this.asked) return
    this.asked = asked
    this.list.inert = true
    const found = await markup('fields', asked).catch(error => explain(error, this.page))
    if (asked !== this.asked) return
    const top = this.list.scrollTop
    this.pending = {}
    this.list.replaceChildren(found)
    this.list.inert = false
    this.list.scrollTop = top
    this.#find()
    this.#count()
    this.#when()
  }

  // A row says something else; what the address has already need not be written.
  #take(row, text) {
    const { path, value, written, form } = row.dataset
    if (!text) return
    for (const input of row.querySelectorAll('input, select')) if (input !== document.activeElement) input.value = text
    row.classList.toggle('changed', text !== written)
    this.pending[path] = text === written ? null : form ? form.replace('@', text) : text
    if (text === value) delete this.pending[path]
    this.#count()
  }

  #find() {
    const wanted = this.search.value.trim().toLowerCase()
    for (const group of this.list.querySelectorAll('details')) {
      const rows = [...group.querySelectorAll('.field')]
      for (const row of rows) row.hidden = !`${row.dataset.path} ${row.textContent}`.toLowerCase().includes(wanted)
      group.hidden = rows.every(row => row.hidden)
      if (wanted) group.open = true
    }
  }
}
