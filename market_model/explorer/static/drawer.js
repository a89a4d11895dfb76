// The drawer of parameters: every number of the story with its slider, its reason and its source; changed ones make another run.
import { explain, told } from './answers.js'
import { button, choice, element, fill, math, sign } from './dom.js'
import { changed, changesOf, go, here, runOf } from './place.js'

export class Drawer {
  constructor({ language, words, at: { drawer: el, opener, search, groups: list, run } }) {
    Object.assign(this, { language, words: words.drawer, page: words.page, pending: {}, el, opener, search, list, run })
    el.onkeydown = event => this.#key(event)
    el.ontoggle = event => (event.newState === 'open' ? this.#load() : opener.focus())
    search.oninput = () => this.#find()
    run.onclick = () => this.#run()
    this.#count()
  }

  begin() {
    if (this.el.matches(':popover-open')) this.#load()
    this.#count()
  }

  // Keys pressed here are not the clock's.
  #key(event) {
    event.stopPropagation()
    if (event.key === 'Escape') this.el.hidePopover()
  }

  #run() {
    const query = changed(here(), this.pending)
    if (Object.keys(this.pending).length) go(query, '/play')
    this.#load(query)
  }

  #count() {
    const count = changesOf(changed(here(), this.pending)).size
    this.opener.textContent = count ? fill(this.words.opened, { count }) : this.words.open
    this.run.setAttribute('aria-disabled', !Object.keys(this.pending).length)
  }

  // The rows of the story as an address has it; this page's own lags a little behind `go`.
  async #load(query = here()) {
    const asked = `${runOf(query)}&lang=${this.language}`
    if (asked === this.asked) return
    this.asked = asked
    this.list.inert = true
    const fields = await told('fields', asked).catch(error => explain(error, this.page))
    if (asked !== this.asked) return
    this.list.inert = false
    if (!Array.isArray(fields)) return this.list.replaceChildren(fields)
    const top = this.list.scrollTop
    const groups = [...Map.groupBy(fields, field => field.group)].map(([name, some], i) => {
      const rows = some.map(field => this.#row(field))
      return element('details', { open: !i || rows.some(row => row.matches('.changed')) }, element('summary', {}, name), ...rows)
    })
    this.pending = {}
    this.list.replaceChildren(...groups)
    this.list.scrollTop = top
    this.#find()
    this.#count()
  }

  #row({ choices, form, high: max, label, low: min, path, step, ...field }) {
    const [value, written] = [String(field.value), String(field.written)]
    const take = text => {
      if (!text) return
      for (const input of inputs) if (input !== document.activeElement) input.value = text
      row.classList.toggle('changed', text !== written)
      this.pending[path] = text === written ? null : form ? form.replace('@', text) : text
      if (text === value) delete this.pending[path]
      this.#count()
    }
    const oninput = event => take(event.target.value)
    const input = more => element('input', { 'aria-label': label, ...more, value, oninput })
    const inputs = choices.length ? [choice(choices, value, { 'aria-label': label, oninput })]
      : [input({ type: 'number', step: 'any' }), input({ type: 'range', min, max, step })]
    const row = element('div', { class: value === written ? 'field' : 'field changed', 'data-path': path },
      element('span', { class: 'name' }, label, ' ', math('i', field.symbol)),
      sign('↺', `${this.words.reset}: ${label}`, () => take(written), { class: 'reset' }), inputs[0],
      element('span', { class: 'unit muted' }, field.unit.replace('–', '')), inputs[1] ?? '',
      element('p', { class: 'muted' }, field.why, ' ', element('em', {}, field.source)))
    return row
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
