// Forms in a dialog, and the one for an offer; whoever asks says what becomes of the answers.
import { button, choice, element, fill } from './dom.js'

const SIZES = [60, 300, 2048]

// What fields say, without the silent ones.
export const said = fields => Object.entries(fields).filter(([, value]) => value !== null && value.length !== 0)

export class Form {
  constructor(words, el) {
    Object.assign(this, { words, el })
    el.onkeydown = event => event.stopPropagation()
  }

  // A choice of options [{ name, label }], a box to tick, or a number.
  field(name, value, options, more) {
    const number = { type: 'number', value, min: 0, step: 'any' }
    const kind = typeof value === 'boolean' ? { type: 'checkbox', checked: value, required: false } : number
    const control = options ? choice(options.map(one => [one.name, one.label]), value, { name, required: true, ...more })
      : element('input', { name, required: true, ...kind, ...more })
    return element('label', { class: `of-${name}` }, element('span', {}, fill(this.words[name], this.values)), control)
  }

  // done(data): with what the form says.
  open(title, rows, done, yes = this.words.done) {
    const held = document.activeElement?.name
    const cancel = button(this.words.cancel, () => this.el.close())
    const answer = element('p', { class: 'answer' }, cancel, element('button', { class: 'act' }, yes))
    const submit = event => {
      event.preventDefault()
      this.el.close()
      done(new FormData(form))
    }
    const form = element('form', { onsubmit: submit }, element('h2', { id: 'asked' }, title), ...rows, answer)
    this.el.replaceChildren(form)
    if (!this.el.open) this.el.showModal()
    form.elements[held]?.focus()
    return form
  }

  // fields: as offers.py tells them. hidden: rows left out. done(fields): as they are now. remove(): takes the offer out.
  offer(offers, { title, fields, places = fields.places, hidden = [], done, remove, removing }) {
    const [{ words }, { carriers, apps, owners }] = [this, offers.told]
    const payers = ['app', 'carrier', 'user'].map(name => ({ name, label: words[`of_${name}`] }))
    const firms = owners.map(({ name, label }) => ({ name: `owner ${name}`, label }))
    const payer = fields.owner ? `owner ${fields.owner}` : fields.payer
    const weeks = fields.end === null && fields.length_weeks === null ? '' : offers.until(fields) - fields.start
    const within = (pairs, name) => pairs.some(([carrier]) => carrier === name)
    const ticks = carriers.filter(({ name }) => !places.length || within(places, name)).map(({ name: value, label }) => {
      const checked = fields.carriers.includes(value) || within(fields.places, value)
      return element('label', {}, element('input', { type: 'checkbox', name: 'carriers', value, checked }), label)
    })
    const free = { required: false }
    const rows = {
      apps: this.field('apps', fields.apps[0], apps),
      payer: this.field('payer', payer, [...payers, ...hidden.includes('owner') ? [] : firms]),
      fee: this.field('fee', fields.fee),
      allowance_mb: this.field('allowance_mb', fields.allowance_mb ?? '', null, { ...free, list: 'sizes', placeholder: words.no_limit }),
      waived: this.field('waived', Number((100 * fields.waived).toFixed(4)), null, { max: 100 }),
      carriers: element('fieldset', {}, element('legend', {}, words.carriers), ...ticks),
      exclusive: this.field('exclusive', fields.exclusive),
      start: this.field('start', fields.start, null, { step: 1, min: Math.min(0, fields.start), max: 5000 }),
      length_weeks: this.field('length_weeks', weeks, null, { ...free, step: 1, min: 1, max: 5000 }),
    }
    const read = data => {
      const [[by, ...owner], chosen] = [(data.get('payer') ?? payer).split(' '), data.getAll('carriers')]
      const [start, length] = [Number(data.get('start') ?? fields.start), Number(data.get('length_weeks')) || null]
      return { ...fields, apps: data.has('apps') ? [data.get('apps')] : fields.apps, payer: by, owner: owner.join(' ') || null, start,
        fee: Number(data.get('fee')), waived: Number((data.get('waived') / 100).toFixed(6)), exclusive: data.has('exclusive'),
        allowance_mb: data.get('allowance_mb') === '' ? null : Number(data.get('allowance_mb')),
        carriers: places.length ? [] : chosen, places: places.filter(([one]) => !chosen.length || chosen.includes(one)),
        end: fields.end !== null && length ? start + length : null, length_weeks: fields.end === null ? length : null }
    }
    const [dates, sizes] = [element('output'), element('datalist', { id: 'sizes' }, ...SIZES.map(value => element('option', { value })))]
    const out = remove ? element('details', { open: removing }, element('summary', {}, words.out),
      button(words.remove, () => [this.el.close(), remove()])) : ''
    const shown = Object.keys(rows).filter(name => !hidden.includes(name)).map(name => rows[name])
    const form = this.open(title, [...shown, dates, out, sizes], data => done(read(data)))
    form.oninput = () => {
      const now = read(new FormData(form))
      dates.textContent = offers.span(now.start, offers.until(now))
    }
    form.oninput()
    if (removing) out.lastChild.focus()
  }
}
