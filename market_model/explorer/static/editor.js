// Forms in a dialog, and the one for an offer; whoever asks says what becomes of the answers.
import { copied } from './dom.js'

// What fields say, without the silent ones.
export const said = fields => Object.entries(fields).filter(([, value]) => value !== null && value.length !== 0)

export class Form {
  // templates: by name, as the story's players and words make them (forms.html.j2).
  constructor(el, templates) {
    Object.assign(this, { el, templates })
  }

  // Opens a form; done(data): with what it says. Returns it with its parts.
  open(name, title, done) {
    const { cancel, ...parts } = copied(this.templates[name], this.el)
    const form = this.el.firstElementChild
    form.firstElementChild.textContent = title
    cancel.onclick = () => this.el.close()
    form.onsubmit = event => {
      event.preventDefault()
      this.el.close()
      done(new FormData(form))
    }
    this.el.showModal()
    return { form, ...parts }
  }

  // fields: as offers.py tells them. hidden: rows left out. done(fields): as they are now. remove(): takes the offer out.
  offer(offers, { title, fields, places = fields.places, hidden = [], done, remove, removing }) {
    const payer = fields.owner ? `owner ${fields.owner}` : fields.payer
    const weeks = fields.end === null && fields.length_weeks === null ? '' : offers.until(fields) - fields.start
    const read = data => {
      const [[by, ...owner], chosen] = [(data.get('payer') ?? payer).split(' '), data.getAll('carriers')]
      const [start, length] = [Number(data.get('start') ?? fields.start), Number(data.get('length_weeks')) || null]
      return { ...fields, apps: data.has('apps') ? [data.get('apps')] : fields.apps, payer: by, owner: owner.join(' ') || null, start,
        fee: Number(data.get('fee')), waived: Number((data.get('waived') / 100).toFixed(6)), exclusive: data.has('exclusive'),
        allowance_mb: data.get('allowance_mb') === '' ? null : Number(data.get('allowance_mb')),
        carriers: places.length ? [] : chosen, places: places.filter(([one]) => !chosen.length || chosen.includes(one)),
        end: fields.end !== null && length ? start + length : null, length_weeks: fields.end === null ? length : null }
    }
    const { form, dates, out, gone } = this.open('offer', title, data => done(read(data)))
    for (const name of hidden) for (const one of form.querySelectorAll(`.of-${name}, .of-${name} > [name]`)) one.disabled = true
    const values = { ...fields, apps: fields.apps[0], payer, waived: Number((100 * fields.waived).toFixed(4)), length_weeks: weeks }
    for (const name of ['apps', 'payer', 'fee', 'allowance_mb', 'waived', 'start', 'length_weeks']) form[name].value = values[name]
    form.start.min = Math.min(0, fields.start)
    form.exclusive.checked = fields.exclusive
    const within = (pairs, name) => pairs.some(([carrier]) => carrier === name)
    for (const box of form.querySelectorAll('[name=carriers]')) {
      box.checked = fields.carriers.includes(box.value) || within(fields.places, box.value)
      if (places.length && !within(places, box.value)) box.parentElement.remove()
    }
    form.oninput = () => {
      const now = read(new FormData(form))
      dates.textContent = offers.span(now.start, offers.until(now))
    }
    form.oninput()
    gone.onclick = () => [this.el.close(), remove()]
    Object.assign(out, { hidden: !remove, open: removing })
    if (removing) gone.focus()
  }
}
