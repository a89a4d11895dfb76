// Small helpers for the page's elements, its ground and its numbers.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else if (value !== false && value != null) made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children)
  return made
}

export function button(label, press, attributes = {}) {
  return element('button', { type: 'button', onclick: press, ...attributes }, ...[label].flat())
}

// An event that goes no further.
export function taken(event) {
  event.preventDefault()
  event.stopPropagation()
}

// Markup as nodes.
export function parsed(html) { return document.createRange().createContextualFragment(html) }

// The parts of markup that Python wrote, by name.
export function partsOf(el) {
  return Object.fromEntries([...el.querySelectorAll('[data-part]')].map(part => [part.dataset.part, part]))
}

// A button that shows a sign and has a name.
export function sign(shown, name, press, attributes = {}) {
  return button(shown, press, { title: name, 'aria-label': name, ...attributes })
}

// Of pairs [value, text].
export function options(pairs, chosen) {
  return pairs.map(([value, text]) => element('option', { value, selected: value === chosen }, text))
}

export function choice(pairs, chosen, attributes) { return element('select', attributes, ...options(pairs, chosen)) }

export function fill(text, values) { return text.replace(/{(\w+)}/g, (_, name) => values[name]) }

// Whether the ground is dark, by the page's theme or the reader's system; tells when that changes.
class Ground extends EventTarget {
  #system = matchMedia('(prefers-color-scheme: dark)')
  constructor() {
    super()
    this.#system.addEventListener('change', () => this.dispatchEvent(new Event('change')))
  }
  get theme() { return document.documentElement.dataset.theme ?? 'auto' }
  set theme(name) {
    document.documentElement.dataset.theme = name
    this.dispatchEvent(new Event('change'))
  }
  get matches() { return this.theme === 'auto' ? this.#system.matches : this.theme === 'dark' }
}
export const darkGround = new Ground()

// A colour of the light ground, or its partner on a dark one.
export function tint(color, onDark) { return (darkGround.matches && onDark[color]) || color }

// Calls `draw` when the ground changes and `fit` when an element's size does; returns what ends that.
export function redrawn(el, draw, fit = draw) {
  const resized = new ResizeObserver(fit)
  resized.observe(el)
  darkGround.addEventListener('change', draw)
  return () => [resized.disconnect(), darkGround.removeEventListener('change', draw)]
}

// A style that has a colour of the light ground, or its partner on a dark one.
export function ground(color, onDark, property = 'background') {
  return `${property}: light-dark(${color}, ${onDark[color] ?? color})`
}

export function figure(title, inside) {
  return element('figure', {}, element('figcaption', { hidden: !title }, title), inside)
}

export function table(headers, body) { return element('table', {}, element('thead', {}, row('col', ...headers)), body) }

// A row of a table; of headers if its scope is "col".
export function row(scope, head, ...cells) {
  return element('tr', {}, element('th', { scope }, head), ...cells.map(cell => element(scope === 'col' ? 'th' : 'td', {}, cell)))
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)')

const locale = language => (language === 'zh' ? 'zh-CN' : 'en-GB')

// How dates are written.
export function dates(language, options = { dateStyle: 'long' }) {
  return new Intl.DateTimeFormat(locale(language), { timeZone: 'UTC', ...options })
}

// How numbers are written: whole, to five digits, short, as shares with and without tenths, as changes, and with their sign.
export function numbers(language) {
  const form = options => {
    const format = new Intl.NumberFormat(locale(language), options)
    return value => Number.isFinite(value) ? format.format(value).replace('-', '−').replace('m', 'M') : '–'
  }
  const [style, signDisplay] = ['percent', 'exceptZero']
  return {
    plain: form({}), digits: form({ maximumSignificantDigits: 5 }),
    short: form({ notation: 'compact', maximumSignificantDigits: 3 }), percent: form({ style }), change: form({ style, signDisplay }),
    tenths: form({ style, minimumFractionDigits: 1 }), signed: form({ signDisplay, minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  }
}
