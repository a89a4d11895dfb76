// One page of a class: pieces of HTML come through a socket, what people do goes back; nothing typed is lost.
const { role, seat } = document.body.dataset
const [line, clock, told] = ['line', 'clock', 'error'].map(id => document.getElementById(id))
const BEAT = 1000, SILENT = 3000, DEAD = 8000 // Milliseconds: between two pings, until a page says so, until it tries another line.
const seen = {}, touched = new Set() // Fields that were typed into and are not on the server yet.
let socket, retry, fresh, typing, tries = 0, owed = 0, ahead = 0, rest = { left: null }

// Messages without an answer; a page that is loaded again, or comes back to its tab, has them still.
const waiting = new Map(JSON.parse(sessionStorage.getItem(seat) ?? '[]'))
const keep = () => sessionStorage.setItem(seat, JSON.stringify([...waiting]))

const make = () => [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, '0')).join('')
const live = () => socket.readyState === WebSocket.OPEN
const silent = () => owed ? performance.now() - owed : 0

// A draft says when it was typed, by the server's clock, so that none replaces a newer one, on whatever line it comes.
function put({ typed, ...message }) {
  if (live() && !fresh) socket.send(JSON.stringify(typed ? { ...message, at: Math.max(0, Math.round(typed + ahead)) } : message))
}

// Sent again until it is answered; its id makes sure that it counts once.
function send(message) {
  if (message.do === 'draft') for (const [id, old] of waiting) if (old.do === 'draft') waiting.delete(id)
  if (message.do !== 'look') waiting.set(message.id = make(), message)
  keep()
  put(message)
  show()
}

function show() {
  line.dataset.state = !live() || silent() > SILENT ? 'away' : waiting.size ? 'sending' : 'kept'
  line.textContent = document.body.dataset[line.dataset.state]
}

function connect() {
  clearTimeout(retry)
  if (socket) socket.onopen = socket.onmessage = socket.onclose = null, socket.close()
  socket = new WebSocket(`ws://${location.host}/live/${role}`)
  owed = performance.now()
  fresh = true
  socket.onopen = () => socket.send(JSON.stringify({ do: 'hello', seen }))
  socket.onmessage = ({ data }) => take(JSON.parse(data))
  socket.onclose = ({ code }) => {
    owed = 0
    show()
    if (code === 4403) return location.replace('/')
    retry = setTimeout(connect, Math.min(2000, 300 * 2 ** tries++) * (0.5 + Math.random() / 2))
  }
}

// A line that is dead without a word is found by asking.
function beat() {
  if (silent() > DEAD) connect()
  else if (live() && !owed) {
    owed = performance.now()
    socket.send('{"do":"ping"}')
  }
  show()
}

function take({ html = {}, version, answers = [], left, paused, now, address }) {
  owed = tries = 0
  ahead = now - Date.now()
  for (const name in html) replace(name, html[name])
  Object.assign(seen, version)
  for (const { id, error } of answers) {
    if (error && waiting.get(id)?.do !== 'draft' && !document.querySelector('.problems')) told.textContent = error.join(' ')
    waiting.delete(id)
    keep()
  }
  if (!typing && ![...waiting.values()].some(one => one.do === 'draft')) touched.clear()
  if (version && role !== 'player' && address !== document.body.dataset.address) location.reload() // and shows its code
  if (version) {
    rest = { left, paused, since: performance.now() }
    if (fresh) {
      fresh = false
      waiting.forEach(put)
    }
    tick()
  }
  show()
}

const key = one => [one.form?.dataset.do, one.name, one.matches('button, summary, a') && one.textContent].join()

// New HTML for a piece; fields, open details and the focus of the old one stay where the new one has them, too.
function replace(name, html) {
  if (name === 'act' && typing) draft(document.querySelector('[data-draft]'))
  const part = document.getElementById(name), inside = part.contains(document.activeElement), focus = inside && key(document.activeElement)
  const all = kind => [...part.querySelectorAll(kind)]
  const kept = 'form[data-keep] :is(input, select):not([type=checkbox])'
  const open = all('details').map(one => one.open), values = new Map(all(kept).map(one => [key(one), one.value]))
  part.innerHTML = html
  part.hidden = !html
  if (name !== 'act') all('details').forEach((one, i) => { one.open = open[i] ?? one.open })
  else scrollTo(0, 0)
  for (const one of all(kept)) one.value = values.get(key(one)) || one.value
  for (const { do: asked, round, fields } of waiting.values()) if (asked === 'draft') fill(part.querySelector(`[data-draft][data-round="${round}"]`), fields)
  if (name === 'typed' && html) another(part.firstElementChild.dataset)
  const wrong = part.querySelector('[aria-invalid]') ?? part.querySelector('.problems')
  const aim = wrong ?? (inside && (all('a, button, input, select, summary').find(one => key(one) === focus) ?? part))
  if (aim) aim.focus()
  wrong?.scrollIntoView({ block: 'center' })
}

// What another page of the same player has typed; what is being typed here stays.
function another({ round, fields }) {
  fill(document.querySelector(`[data-draft][data-round="${round}"]`), JSON.parse(fields), touched)
}

function fill(form, fields, except = new Set()) {
  for (const one of form?.querySelectorAll('[name]') ?? []) {
    if (except.has(one.name)) continue
    if (one.type === 'checkbox') one.checked = one.name in fields
    else if (one.type === 'radio') one.checked = fields[one.name] === one.value
    else if (one.name in fields) one.value = fields[one.name]
    for (const other of one.closest('.lever')?.querySelectorAll('[type=range]') ?? []) other.value = one.value
  }
  form?.dispatchEvent(new Event('filled'))
}

function tick() {
  const { left, paused, since } = rest, seconds = Math.max(0, Math.round(left - (paused ? 0 : (performance.now() - since) / 1000)))
  clock.hidden = left === null
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  clock.classList.toggle('soon', seconds <= 20)
}

const message = form => ({ do: form.dataset.do, round: Number(form.dataset.round ?? 0), fields: Object.fromEntries(new FormData(form)) })

function draft(form) {
  clearTimeout(typing)
  typing = 0
  send({ ...message(form), do: 'draft', typed: Date.now() })
}

addEventListener('input', ({ target }) => {
  const { form } = target
  if (!form?.matches('[data-draft]')) return
  touched.add((target.name ? target : target.closest('.lever').querySelector('[name]')).name)
  clearTimeout(typing)
  typing = setTimeout(draft, 500, form)
})

// What is to be confirmed; of a seat that is given only that somebody loses it, or leaves one that was played.
function doubted(form, button) {
  if (button?.value !== 'give') return button?.dataset.confirm
  const [player, place] = [form.player, form.place].map(one => one.selectedOptions[0])
  const told = place.dataset.taken === player.value ? [] : [place, player].map(one => one.dataset.confirm).filter(Boolean)
  return told.length && [...told, button.dataset.confirm].join(' ')
}

addEventListener('submit', event => {
  const { target: form, submitter: button } = event
  if (!form.dataset.do) return
  event.preventDefault()
  const doubt = doubted(form, button)
  if (doubt && !confirm(doubt)) return
  told.textContent = ''
  if (form.matches('[data-draft]')) draft(form)
  const asked = message(form)
  send({ ...asked, do: button?.value || asked.do })
  if (form.matches('[data-reset]')) form.reset()
})

// An archive takes a while to make: its link says so, and can be pressed again when it is there.
document.querySelector('a[download]')?.addEventListener('click', async event => {
  event.preventDefault()
  const { currentTarget: link } = event, { href, textContent, dataset: { making, failed } } = link
  if (link.ariaDisabled) return
  Object.assign(link, { ariaDisabled: true, textContent: making })
  told.textContent = ''
  const answer = await fetch(href).catch(() => ({ ok: false })), blob = answer.ok && await answer.blob().catch(() => null)
  Object.assign(link, { ariaDisabled: null, textContent })
  if (!blob) return told.textContent = failed
  const file = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: answer.headers.get('content-disposition').split('"')[1] })
  file.click()
  setTimeout(() => URL.revokeObjectURL(file.href), 10_000)
})

addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return
  if (socket.readyState > WebSocket.OPEN) connect()
  else beat()
})
addEventListener('pagehide', () => { if (typing) draft(document.querySelector('[data-draft]')) })
setInterval(tick, 500)
setInterval(beat, BEAT)
setInterval(() => waiting.forEach(put), 5000)
connect()
