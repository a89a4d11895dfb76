// Notices when the page has an error, or when the program behind it is away; says so, and brings the page back as it was as soon as it can.
// Who misses an answer sends `explorer.away`; on `explorer.leave`, pages write what they show into the address.
import { element } from './dom.js'

let line, waiting, lost

export function watch(text, broken) {
  if (line) return
  const tell = ({ error = null, reason = error }) => reason instanceof Error && !/fetch|network/i.test(reason.message)
    && document.body.append(element('p', { class: 'away', role: 'alert' }, broken))
  addEventListener('error', tell, { once: true })
  addEventListener('unhandledrejection', tell, { once: true })
  line = element('p', { class: 'away', role: 'status' }, text)
  const { app } = window // Solara's: its connection, and whether its server has forgotten this page
  app.$watch('connectionStatus', status => status === 'connected' || wait(app))
  app.$watch('needsRefresh', again)
  addEventListener('explorer.away', () => { lost = true; wait(app) })
}

async function wait(app) {
  if (waiting) return
  for (waiting = true; waiting; waiting && await new Promise(rest => setTimeout(rest, 1000))) {
    const start = await fetch('/explorer/alive', { cache: 'no-store' }).then(answer => answer.ok ? answer.text() : '', () => '')
    const other = lost || app.connectionStatus === 'disconnected' || start !== document.documentElement.dataset.start
    if (start && other) return again()
    start ? line.remove() : document.body.append(line)
    waiting = !start || app.connectionStatus !== 'connected'
  }
}

function again() {
  dispatchEvent(new Event('explorer.leave'))
  location.reload()
}
