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
  return element('button', { type: 'button', onclick: press, ...attributes }, label)
}

export function math(tag, formula) {
  return Object.assign(element(tag, { class: 'formula' }), { innerHTML: formula })
}

export function fill(text, values) {
  return text.replace(/{(\w+)}/g, (_, name) => values[name])
}

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
export function tint(color, onDark) {
  return (darkGround.matches && onDark[color]) || color
}

// Style of a ground in a colour of the light ground, or its partner on a dark one.
export function ground(color, onDark) {
  return `background: light-dark(${color}, ${onDark[color] ?? color})`
}

// A row of a table; of headers if its scope is "col".
export function row(scope, head, ...cells) {
  return element('tr', {}, element('th', { scope }, head), ...cells.map(cell => element(scope === 'col' ? 'th' : 'td', {}, cell)))
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)')

export function locale(language) {
  return language === 'zh' ? 'zh-CN' : 'en-GB'
}

// How numbers are written: short amounts, shares with and without tenths, changes, and values with their sign.
export function numbers(language) {
  const form = options => {
    const format = new Intl.NumberFormat(locale(language), options)
    return value => Number.isFinite(value) ? format.format(value).replace('-', '−').replace('m', 'M') : '–'
  }
  const [style, signDisplay] = ['percent', 'exceptZero']
  return {
    short: form({ notation: 'compact', maximumSignificantDigits: 3 }), percent: form({ style }), change: form({ style, signDisplay }),
    tenths: form({ style, minimumFractionDigits: 1 }), signed: form({ signDisplay, minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  }
}
