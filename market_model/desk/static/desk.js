// Each slider and its number say the same.
addEventListener('input', ({ target }) => {
  const field = target.closest?.('.desk .lever')
  for (const other of field?.querySelectorAll('input:is([type=number], [type=range])') ?? []) if (other !== target) other.value = target.value
})

{ // Its names are its own: a page may have put this behind a script.
const SVG = 'http://www.w3.org/2000/svg'
const drawn = (kind, of = {}) => Object.entries(of).reduce((one, [name, value]) => (one.setAttribute(name, value), one), document.createElementNS(SVG, kind))
const made = (kind, text, of = {}) => Object.assign(document.createElement(kind), { textContent: text }, of)
const told = (text, of) => text.replace(/\{(\w*)\}/g, (_, name) => of[name])

// A token: some fields of the form. Nothing of it is kept here; what the fields say is what the map shows.
class Token {
  constructor(box) {
    const at = selector => box.querySelector(selector)
    Object.assign(this, { box, key: box.dataset.token, name: box.dataset.name, kind: box.dataset.kind, start: box.dataset.start })
    this.main = at('.main [name]')
    this.accept = at('[name$=".accept"]')
    this.places = [...box.querySelectorAll('input[data-region]')]
    const before = path => box.querySelector(`input[type=hidden][name="now.${path}"]`)
    this.before = before(this.main.name)?.value ?? ''
    this.ran = this.check && this.before ? this.places.filter(one => before(one.name)).map(one => one.dataset.region) : null
  }

  get check() { return this.main.type === 'checkbox' }
  get priced() { return this.box.querySelector('[data-cost]') !== null }
  get base() { return Number(this.main.dataset.base ?? 0) }
  get on() { return this.check ? this.main.checked : Number(this.main.value || this.before) > this.base }
  get ticked() { return this.places.filter(one => one.checked).map(one => one.dataset.region) }
  get movable() { return 'places' in this.box.dataset && !this.main.disabled }

  serves(region) { return !this.box.dataset.serves || this.box.dataset.serves.split(' ').includes(region) }

  at(region) {
    if (!this.serves(region)) return false
    const there = this.ticked.length === 0 || this.ticked.includes(region)
    if (this.on) return there || this.runs(region)
    return this.runs(region) && !there
  }

  runs(region) { return this.ran !== null && (this.ran.length === 0 || this.ran.includes(region)) }

  put(field, value) {
    if (field.type === 'checkbox' ? field.checked === value : field.value === value) return
    field[field.type === 'checkbox' ? 'checked' : 'value'] = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }

  // A token that is laid has what it cannot be without.
  fill() { for (const one of this.on ? this.box.querySelectorAll('[data-default]') : []) if (!one.value) this.put(one, one.dataset.default) }

  turn(on) { this.put(this.main, this.check ? on : on ? this.start : this.before === '' ? '' : String(this.base)) }
  tick(regions) { for (const one of this.places) this.put(one, regions.includes(one.dataset.region)) }

  // Lay it on a place, or take it away; free data that runs there ends there.
  toggle(region) {
    const ticked = this.ticked, without = ticked.filter(one => one !== region)
    if (this.runs(region)) {
      if (this.on) this.turn(false), this.tick([region])
      else if (!ticked.includes(region)) this.tick([...ticked, region])
      else if (without.length) this.tick(without)
      else this.turn(true), this.tick(this.ran)
    } else if (!this.on) this.turn(true), this.tick([...this.ran ?? [], region])
    else if (!ticked.includes(region)) this.tick([...ticked, region])
    else if (without.length || this.ran) this.tick(without)
    else this.turn(false), this.tick([])
  }

  cost(parts, where = this.ticked, on = this.on) {
    if (!on) return 0
    const there = where.reduce((sum, region) => sum + parts[region], 0) || 1
    const paid = [...this.box.querySelectorAll('[data-cost]')].map(field => {
      const { cost, base } = field.dataset, typed = field.type === 'checkbox' ? Number(field.checked) : Number(field.value || 0)
      const value = field === this.main && !this.on ? Number(this.start) : typed
      return [field.name, Math.max(0, (value - base) * cost) * ('there' in field.dataset ? there : 1)]
    })
    const taken = paid.find(([name, money]) => name.endsWith('.accept') && money)
    return taken ? taken[1] : paid.reduce((sum, [name, money]) => name.endsWith('.accept') ? sum : sum + money, 0)
  }
}

// A seat's decision: the map, and the tokens beside it, which are fields of a form.
customElements.define('seat-board', class extends HTMLElement {
  connectedCallback() {
    this.say = JSON.parse(this.dataset.say)
    this.steps = JSON.parse(this.dataset.steps)
    this.tokens = [...this.querySelectorAll('[data-token]')].map(box => new Token(box))
    this.regions = [...this.querySelectorAll('.region')]
    this.parts = Object.fromEntries(this.regions.map(({ dataset }) => [dataset.region, Number(dataset.part)]))
    this.panel = this.querySelector('.place')
    this.movable = this.tokens.filter(one => one.movable)
    if (this.movable.length) this.open()
    for (const token of this.tokens) {
      token.main.addEventListener('input', () => token.fill())
      token.accept?.addEventListener('input', () => { if (token.accept.checked) token.put(token.main, true) })
    }
    for (const kind of ['input', 'change', 'filled']) this.form?.addEventListener(kind, () => this.show())
    this.show()
  }

  get form() { return this.closest('form') }

  open() {
    this.querySelector('.atlas > svg').setAttribute('role', 'group')
    for (const one of this.regions) {
      one.setAttribute('role', 'button')
      one.setAttribute('tabindex', 0)
      one.addEventListener('click', () => this.choose(one.dataset.region))
      one.addEventListener('keydown', event => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        this.choose(one.dataset.region)
        this.panel.querySelector('button')?.focus()
      })
    }
    this.panel.addEventListener('keydown', ({ key }) => { if (key === 'Escape') this.close() })
  }

  choose(region) {
    this.chosen = this.chosen === region ? null : region
    this.fillPanel()
    this.show()
  }

  close() {
    const one = this.regions.find(({ dataset }) => dataset.region === this.chosen)
    this.chosen = null
    this.show()
    one?.focus()
  }

  // What is known of a place, and what can be laid there.
  fillPanel() {
    const row = this.querySelector(`.numbers tr[data-region="${this.chosen}"]`)
    if (!row) return
    const heads = [...this.querySelectorAll('.numbers thead th')].map(one => one.textContent)
    const facts = [...row.cells].slice(1).map((cell, i) => `${heads[i + 1]} ${cell.textContent}`)
    facts.sort((one, other) => other.startsWith(this.say.own + ' ') - one.startsWith(this.say.own + ' '))
    const close = made('button', '×', { type: 'button', className: 'shut', onclick: () => this.close() })
    close.setAttribute('aria-label', this.say.close)
    const tokens = made('div', '', { className: 'lay' })
    this.here = this.movable.filter(one => one.serves(this.chosen))
    for (const token of this.here) {
      const one = made('button', '', { type: 'button', onclick: () => { token.toggle(this.chosen); this.show() } })
      const name = made('span', token.name)
      if (token.kind) name.prepend(made('i', token.kind))
      one.append(this.icon(token.key), name, made('small', ''))
      tokens.append(one)
    }
    this.panel.replaceChildren(made('h4', row.cells[0].textContent), close, made('p', facts.join(' · ')), tokens)
    const [disc] = this.regions.filter(({ dataset }) => dataset.region === this.chosen), map = disc.ownerSVGElement
    this.panel.classList.toggle('up', disc.querySelector('.base').cy.baseVal.value > map.viewBox.baseVal.height / 2)
    this.panel.setAttribute('aria-label', row.cells[0].textContent)
  }

  icon(key) {
    const icon = drawn('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': true })
    icon.append(drawn('use', { href: `#token-${key}` }))
    return icon
  }

  amount(value) {
    const [by, short] = this.steps.find(([step]) => Math.abs(value) >= Math.max(step, 1e4) * 0.9995) ?? [1, '']
    const shown = value / by, places = shown ? Math.max(0, 2 - Math.floor(Math.log10(Math.abs(shown)))) : 0
    const text = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: Math.min(places, 6) }).format(shown)
    return (short ? `${text} ${short}` : text).replace('-', '−')
  }

  money(value) { return told(this.dataset.money, { '': this.amount(value) }) }

  // All that stands on the page follows from the fields.
  show() {
    const { parts, say } = this
    let bill = 0
    for (const card of this.querySelectorAll('[data-card]')) {
      const sum = this.tokens.filter(one => card.contains(one.box)).reduce((all, one) => all + one.cost(parts), 0)
      const output = card.querySelector('.cost')
      if (output) output.textContent = sum ? `≈ ${this.amount(sum)}` : ''
      bill += sum
    }
    const left = Number(this.dataset.cash) - bill
    this.querySelector('.bill').textContent = this.money(bill)
    const idle = this.movable.length && !this.movable.some(one => one.on)
    this.querySelector('.left').textContent = idle ? say.hint : told(left < 0 ? say.short : say.left, { cash: this.money(Math.abs(left)) })
    this.querySelector('.till').classList.toggle('beyond', left < 0)
    for (const one of this.regions) this.mark(one)
    for (const one of this.querySelectorAll('details.where')) {
      const names = [...one.querySelectorAll(':checked')].map(box => box.parentElement.textContent.trim())
      one.querySelector('.named').textContent = names.join(say.and) || say.everywhere
    }
    this.panel.hidden = !this.chosen
    if (this.chosen) [...this.panel.querySelectorAll('.lay button')].forEach((button, i) => {
      const token = this.here[i], there = token.at(this.chosen)
      button.setAttribute('aria-pressed', there)
      button.querySelector('small').textContent = there ? say.here : token.priced ? `≈ ${this.amount(token.cost(parts, [this.chosen], true))}` : ''
    })
  }

  // The seat's own tokens on a disc.
  mark(one) {
    const { region, spots, label } = one.dataset, here = this.movable.filter(token => token.at(region))
    one.querySelector('.own')?.remove()
    const own = drawn('g', { class: 'own' }), at = spots.split(' ')
    const kinds = [...new Set(here.map(token => token.key))]
    kinds.slice(0, at.length).forEach((key, i) => {
      const mark = drawn('g', { transform: `translate(${at[i].replace(',', ' ')})` })
      mark.append(drawn('circle', { r: 11 }), drawn('use', { href: `#token-${key}`, x: -8, y: -8, width: 16, height: 16 }))
      own.append(mark)
    })
    one.append(own)
    one.classList.toggle('chosen', region === this.chosen)
    if (one.hasAttribute('role')) {
      one.setAttribute('aria-pressed', region === this.chosen)
      one.setAttribute('aria-label', [told(this.say.tap, { region: label }), ...here.map(token => token.name)].join(' · '))
    }
  }
})
}
