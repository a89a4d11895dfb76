// Small helpers for the page's elements.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value !== false) made.setAttribute(name, value)
  made.append(...children)
  return made
}

export function fill(text, values) {
  return text.replace(/{(\w+)}/g, (_, name) => values[name])
}

// A colour of the light ground, or its partner on a dark one.
export const darkGround = matchMedia('(prefers-color-scheme: dark)')
export function tint(color, onDark) {
  return (darkGround.matches && onDark[color]) || color
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)')
