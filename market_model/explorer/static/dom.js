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

// Markup as nodes.
export function parsed(html) { return document.createRange().createContextualFragment(html) }

// The parts of markup that Python wrote, by name.
export function partsOf(el) {
  return Object.fromEntries([...el.querySelectorAll('[data-part]')].map(part => [part.dataset.part, part]))
}

// Shows a widget's markup, moved by a page: new Page(model, parts) with open(query) and remove().
export function show({ model, el }, Page) {
  el.innerHTML = model.get('html')
  const page = new Page(model, partsOf(el))
  const open = () => page.open(model.get('query'))
  model.on('change:query', open)
  open()
  return () => {
    model.off('change:query', open)
    page.remove()
  }
}

// A term that is explained where it stands: under the pointer, by a tap, by the keyboard.
let terms = 0
export function term(help, ...inside) {
  const id = `term-${terms++}`
  return element('span', { class: 'term', tabindex: 0, 'aria-describedby': id }, ...inside, element('span', { role: 'tooltip', id }, help))
}

// Of pairs [value, text].
export function options(pairs) { return pairs.map(([value, text]) => element('option', { value }, text)) }

// Shows a copy of a template; the copy's parts by name.
export function copied(template, el) {
  el.replaceChildren(template.content.cloneNode(true))
  return partsOf(el)
}

// Sentences one after the other; a full-width stop brings its own blank.
export function sentences(...all) { return all.filter(Boolean).join(' ').replace(/(?<=[。！？]) /g, '') }

// A page's texts by part and key; to ask for one that there is not is an error.
export function textsOf(model) { return strict(model.get('words')) }

function strict(table) {
  return new Proxy(table, { has: Object.hasOwn, get: (all, key) => {
    if (!Object.hasOwn(all, key)) throw new Error(`There is no text '${String(key)}'`)
    return typeof all[key] === 'string' ? all[key] : strict(all[key])
  } })
}

// A text with its places filled in.
export function fill(text, values) {
  return text.replace(/{(\w+)}/g, (place, name) => {
    if (values[name] == null) throw new Error(`No value for ${place} in “${text}”`)
    return values[name]
  })
}

const system = matchMedia('(prefers-color-scheme: dark)')

// Whether the ground is dark, by the page's theme or the reader's system.
export const darkGround = {
  get theme() { return document.documentElement.dataset.theme ?? 'auto' },
  set theme(name) {
    document.documentElement.dataset.theme = name
    system.dispatchEvent(new Event('change'))
  },
  get matches() { return this.theme === 'auto' ? system.matches : this.theme === 'dark' },
}

// A colour of the light ground, or its partner on a dark one.
export function tint(color, onDark) { return (darkGround.matches && onDark[color]) || color }

// Calls `draw` when the ground changes and `fit` when an element's size does; returns what ends that.
export function redrawn(el, draw, fit = draw) {
  const resized = new ResizeObserver(fit)
  resized.observe(el)
  system.addEventListener('change', draw)
  return () => [resized.disconnect(), system.removeEventListener('change', draw)]
}

// A style that has a colour of the light ground, or its partner on a dark one.
export function ground(color, onDark, property = 'background') {
  return `${property}: light-dark(${color}, ${onDark[color] ?? color})`
}

export function figure(title, inside) {
  return element('figure', {}, element('figcaption', { hidden: !title }, title), inside)
}

// A row of a table.
export function row(head, ...cells) {
  return element('tr', {}, element('th', { scope: 'row' }, head), ...cells.map(cell => element('td', {}, cell)))
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)')

const { lang } = document.documentElement
const chinese = lang.startsWith('zh')

// Names, and parts of a sentence, one after the other.
export const listed = names => names.join(chinese ? '、' : ', ')
export const clauses = parts => parts.join(chinese ? '；' : '; ')
export const labelled = (name, value) => `${name}${chinese ? '：' : ': '}${value}`

const million = lang.startsWith('en') ? text => text.replace('m', 'M') : text => text

// How dates are written.
export function dates(options = { dateStyle: 'long' }) {
  return new Intl.DateTimeFormat(lang, { timeZone: 'UTC', ...options })
}

// How numbers are written: whole, to five digits, short, as shares with and without tenths or to three digits, as changes, with their sign, and so to two digits.
export function numbers() {
  const form = options => {
    const format = new Intl.NumberFormat(lang, options)
    return value => Number.isFinite(value) ? million(format.format(value)).replace('-', '−') : '–'
  }
  const [style, signDisplay] = ['percent', 'exceptZero']
  return {
    plain: form({}), digits: form({ maximumSignificantDigits: 5 }),
    short: form({ notation: 'compact', maximumSignificantDigits: 3 }), percent: form({ style }), change: form({ style, signDisplay }),
    tenths: form({ style, minimumFractionDigits: 1 }), exact: form({ style, maximumSignificantDigits: 3 }), signed: form({ signDisplay, minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    rough: form({ signDisplay, maximumSignificantDigits: 2 }),
  }
}
