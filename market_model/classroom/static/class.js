// One page of a class: pieces of HTML come through a socket, what people do goes back; nothing typed is lost.
const role = document.body.dataset.role
const waiting = new Map(), seen = {}
let socket, tries = 0, left = null, told = 0, paused = false, typing

const make = () => [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, '0')).join('')
const put = message => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)) }

// Sent again until it is answered; its id makes sure that it counts once.
function send(message) {
  if (message.do !== 'look') waiting.set(message.id = make(), message)
  put(message)
  show()
}

function show() {
  const state = socket?.readyState !== WebSocket.OPEN ? 'away' : waiting.size ? 'sending' : 'kept'
  document.querySelector('#line').textContent = document.body.dataset[state]
  document.querySelector('#line').dataset.state = state
}

function connect() {
  socket = new WebSocket(`ws://${location.host}/live/${role}`)
  socket.onopen = () => {
    tries = 0
    socket.send(JSON.stringify({ do: 'hello', seen }))
    waiting.forEach(put)
    show()
  }
  socket.onmessage = ({ data }) => take(JSON.parse(data))
  socket.onclose = ({ code }) => {
    show()
    if (code === 4403) return location.replace('/')
    setTimeout(connect, Math.min(5000, 300 * 2 ** tries++) * (0.5 + Math.random() / 2))
  }
}

function take(frame) {
  for (const [name, html] of Object.entries(frame.html)) replace(name, html)
  Object.assign(seen, frame.version)
  for (const { id, error } of frame.answers) {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error && asked?.do !== 'draft' && !document.querySelector('.problems')) document.querySelector('#error').textContent = error.join(' ')
  }
  if (frame.left !== null) told = performance.now()
  left = frame.left
  paused = frame.paused
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
  for (const one of all(kept)) if (values.get(key(one))) one.value = values.get(key(one))
  if (name === 'act') scrollTo(0, 0)
  const same = inside && all('a, button, input, select, summary').find(one => key(one) === focus)
  const wrong = part.querySelector('[aria-invalid]') ?? part.querySelector('.problems'), aim = wrong ?? (same || inside && part)
  if (aim) aim.focus()
  wrong?.scrollIntoView({ block: 'center' })
}

function tick() {
  const rest = left === null ? null : Math.max(0, Math.round(left - (paused ? 0 : (performance.now() - told) / 1000)))
  const clock = document.querySelector('#clock')
  clock.hidden = rest === null
  if (rest !== null) clock.textContent = `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, '0')}`
  clock.classList.toggle('soon', rest !== null && rest <= 20)
}

const fields = form => Object.fromEntries(new FormData(form))
const message = form => ({ do: form.dataset.do, round: Number(form.dataset.round ?? 0), fields: fields(form) })

function draft(form) {
  clearTimeout(typing)
  send({ ...message(form), do: 'draft' })
}

addEventListener('input', ({ target }) => {
  const form = target.closest?.('form[data-draft]')
  if (!form) return
  clearTimeout(typing)
  typing = setTimeout(draft, 500, form)
})

addEventListener('submit', event => {
  const form = event.target, button = event.submitter
  if (!form.dataset.do) return
  event.preventDefault()
  if (button?.dataset.confirm && !confirm(button.dataset.confirm)) return
  document.querySelector('#error').textContent = ''
  if ('draft' in form.dataset) draft(form)
  const asked = message(form)
  send({ ...asked, do: button?.value || asked.do })
  if ('reset' in form.dataset) form.reset()
})

addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && socket.readyState > WebSocket.OPEN) connect()
})
setInterval(tick, 500)
setInterval(() => waiting.forEach(put), 5000)
connect()
