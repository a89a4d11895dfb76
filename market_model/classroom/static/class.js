// One page of a class: pieces of HTML come through a socket, what people do goes back; nothing typed is lost.
const { role } = document.body.dataset
const [line, clock, told] = ['line', 'clock', 'error'].map(id => document.getElementById(id))
const waiting = new Map(), seen = {}
let socket, typing, tries = 0, rest = { left: null }

const make = () => [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, '0')).join('')
const put = message => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)) }

// Sent again until it is answered; its id makes sure that it counts once.
function send(message) {
  if (message.do !== 'look') waiting.set(message.id = make(), message)
  put(message)
  show()
}

function show() {
  line.dataset.state = socket.readyState !== WebSocket.OPEN ? 'away' : waiting.size ? 'sending' : 'kept'
  line.textContent = document.body.dataset[line.dataset.state]
}

function connect() {
  socket = new WebSocket(`ws://${location.host}/live/${role}`)
  socket.onopen = () => {
    tries = 0
    put({ do: 'hello', seen })
    waiting.forEach(put)
    show()
  }
  socket.onmessage = ({ data }) => take(JSON.parse(data))
  socket.onclose = ({ code }) => {
    show()
    if (code === 4403) return location.replace('/')
    setTimeout(connect, Math.min(2000, 300 * 2 ** tries++) * (0.5 + Math.random() / 2))
  }
}

function take({ html, version, answers, left, paused }) {
  for (const name in html) replace(name, html[name])
  Object.assign(seen, version)
  for (const { id, error } of answers) {
    if (error && waiting.get(id)?.do !== 'draft' && !document.querySelector('.problems')) told.textContent = error.join(' ')
    waiting.delete(id)
  }
  rest = { left, paused, since: performance.now() }
  tick()
  show()
}

const key = one => [one.form?.dataset.do, one.name, one.matches('button, summary, a') && one.textContent].join()

// New HTML for a piece; fields, open details and the focus of the old one stay where the new one has them, too.
function replace(name, html) {
  const part = document.getElementById(name), inside = part.contains(document.activeElement), focus = inside && key(document.activeElement)
  const all = kind => [...part.querySelectorAll(kind)]
  const kept = 'form[data-keep] :is(input, select):not([type=checkbox])'
  const open = all('details').map(one => one.open), values = new Map(all(kept).map(one => [key(one), one.value]))
  part.innerHTML = html
  part.hidden = !html
  if (name !== 'act') all('details').forEach((one, i) => { one.open = open[i] ?? one.open })
  else scrollTo(0, 0)
  for (const one of all(kept)) one.value = values.get(key(one)) || one.value
  const wrong = part.querySelector('[aria-invalid]') ?? part.querySelector('.problems')
  const aim = wrong ?? (inside && (all('a, button, input, select, summary').find(one => key(one) === focus) ?? part))
  if (aim) aim.focus()
  wrong?.scrollIntoView({ block: 'center' })
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
  send({ ...message(form), do: 'draft' })
}

addEventListener('input', ({ target: { form } }) => {
  if (!form?.matches('[data-draft]')) return
  clearTimeout(typing)
  typing = setTimeout(draft, 500, form)
})

addEventListener('submit', event => {
  const { target: form, submitter: button } = event
  if (!form.dataset.do) return
  event.preventDefault()
  if (button?.dataset.confirm && !confirm(button.dataset.confirm)) return
  told.textContent = ''
  if (form.matches('[data-draft]')) draft(form)
  const asked = message(form)
  send({ ...asked, do: button?.value || asked.do })
  if (form.matches('[data-reset]')) form.reset()
})

addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && socket.readyState > WebSocket.OPEN) connect()
})
setInterval(tick, 500)
setInterval(() => waiting.forEach(put), 5000)
connect()
