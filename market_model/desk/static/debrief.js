// A debrief: its parts, and its questions. Each button asks the server, which answers with a piece of the page, at once or in steps.
const AGAIN = 700

async function ask(button) {
  const place = button.closest('[data-answers]'), box = document.getElementById(button.getAttribute('aria-controls'))
  const asked = (box.asked ?? 0) + 1
  box.asked = asked
  for (const other of place.querySelectorAll(`[aria-controls="${box.id}"]`)) other.setAttribute('aria-pressed', other === button)
  box.innerHTML = `<p role="status">${place.dataset.wait}</p>`
  const address = `${place.dataset.answers}&question=${encodeURIComponent(button.dataset.question)}`
  for (let shown = '';;) {
    const answer = await fetch(address).catch(() => null)
    if (box.asked !== asked || !box.isConnected) return
    if (!answer?.ok) { box.innerHTML = `<p class="alert">${place.dataset.failed}</p>`; return }
    const html = await answer.text()
    if (html && html !== shown) box.innerHTML = shown = html
    if (box.closest('.step')) fit(box.closest('.step'))
    if (answer.headers.get('x-more') !== '1') return
    await new Promise(done => setTimeout(done, AGAIN))
  }
}

addEventListener('click', ({ target }) => {
  const button = target.closest('[data-question]')
  if (button) ask(button)
})

const top = part => part.getBoundingClientRect().top

// The part that is read, in the list of parts.
function here() {
  const links = [...document.querySelectorAll('.steps a')]
  const at = links.findLastIndex(link => top(document.querySelector(link.hash)) < innerHeight / 3)
  links.forEach((link, i) => i === at ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current'))
}
addEventListener('scroll', here, { passive: true })
here()

// Where each part has the screen to itself, its text is as large as there is room for.
const SIZES = [1.7, 1.55, 1.4, 1.25, 1.1]
function fit(part) {
  part.style.fontSize = ''
  const bar = document.querySelector('.talk .steps')?.offsetHeight
  if (!bar || innerWidth < 1000 || part.querySelector('.chart, .course')) return
  const tables = [...part.querySelectorAll('.wide')].filter(one => one.checkVisibility())
  part.style.fontSize = SIZES.map(size => `${size}em`).find(size => {
    part.style.fontSize = size
    const bottom = Math.max(...[...part.children].map(one => one.getBoundingClientRect().bottom))
    return bottom - top(part) < innerHeight - bar && [part, ...tables].every(one => one.scrollWidth <= one.clientWidth)
  }) ?? ''
}
const fitAll = () => document.querySelectorAll('.step').forEach(fit)
addEventListener('resize', fitAll)
fitAll()

// Where each part has the screen to itself, the keys of a presenter turn to the next one, unless this one goes on below.
addEventListener('keydown', event => {
  const way = { PageDown: 1, PageUp: -1 }[event.key], bar = document.querySelector('.talk .steps')?.offsetHeight
  if (!way || !bar || innerWidth < 1000) return
  const parts = [...document.querySelectorAll('.step')], tops = parts.map(part => top(part) - bar)
  const next = way > 0 ? tops.findIndex(y => y > 2) : tops.findLastIndex(y => y < -2)
  if (next < 0 || Math.abs(tops[next]) > innerHeight - bar + 2) return
  event.preventDefault()
  parts[next].scrollIntoView({ block: 'start' })
})
