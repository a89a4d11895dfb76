// Addresses of the site: what is shown is what the address says.

export const here = () => new URLSearchParams(location.search)

// The address with these values; null takes one out.
export function there(values) {
  const place = here()
  for (const [name, value] of Object.entries(values)) value === null ? place.delete(name) : place.set(name, value)
  return place
}

// The parts that say which run it is (place.py reads them); the others are the page's.
const RUN = ['story', 'seed', 'set', 'then', 'do', 'seat', 'beside', 'level', 'mission']

// The run that a query names, without what is the page's.
export function runOf(query) {
  const run = new URLSearchParams()
  for (const [name, value] of new URLSearchParams(query)) if (RUN.includes(name)) run.append(name, value)
  return run
}

// Values by dotted path, as `set=path=value` gives them.
export function changesOf(query) {
  return new Map(new URLSearchParams(query).getAll('set').map(pair => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  }))
}

// The query with these changes on top; null takes a change back.
export function changed(query, changes) {
  const [all, place] = [changesOf(query), new URLSearchParams(query)]
  for (const [path, value] of Object.entries(changes)) value === null ? all.delete(path) : all.set(path, value)
  place.delete('set')
  for (const [path, value] of all) place.append('set', `${path}=${value}`)
  return place
}

// What is otherwise from a week on, in the order written: { text, week, path, value }.
export function laterOf(query) {
  return new URLSearchParams(query).getAll('then').map(text => {
    const [, week, path, value] = text.match(/^(\d+)\.(.*?)=(.*)$/s) ?? [text, 0, text, '']
    return { text, week: Number(week), path, value }
  })
}

// The query with these values by path from a week on.
export function onward(query, week, values) {
  const place = new URLSearchParams(query)
  for (const { text, week: since, path } of laterOf(query)) if (since === week && path in values) place.delete('then', text)
  for (const [path, value] of Object.entries(values)) place.append('then', `${week}.${path}=${value}`)
  return place
}

// To another page or run; the way back leads here.
export function go(query, path = location.pathname) { window.solara.router.push(`${path}?${query}`) }

// The address says more, without a step on the way back.
export function note(values) { history.replaceState(history.state, '', `?${there(values)}`) }
