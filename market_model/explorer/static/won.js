// Stars by mission, as far as this browser knows.
const KEY = 'market-model.missions'

export function won() {
  try { return JSON.parse(localStorage.getItem(KEY)) ?? {} } catch { return {} }
}

export function win(name, stars) {
  try { localStorage.setItem(KEY, JSON.stringify({ ...won(), [name]: Math.max(stars, won()[name] ?? 0) })) } catch { /* none are kept */ }
}
