// Questions of a debrief: each button asks the server, which answers with a piece of the page, at once or in steps.
const AGAIN = 700

async function ask(button) {
  const place = button.closest('[data-answers]'), box = document.getElementById(button.getAttribute('aria-controls'))
  const asked = (box.asked ?? 0) + 1
  box.asked = asked
  for (const other of place.querySelectorAll(`[aria-controls="${box.id}"]`)) other.setAttribute('aria-pressed', other === button)
  box.innerHTML = `<p role="status">${place.dataset.wait}</p>`
  const address = `${place.dataset.answers}&question=${encodeURIComponent(button.dataset.question)}`
  for (;;) {
    const answer = await fetch(address).catch(() => null)
    if (box.asked !== asked || !box.isConnected) return
    if (!answer?.ok) { box.innerHTML = `<p class="alert">${place.dataset.failed}</p>`; return }
    const html = await answer.text()
    if (html) box.innerHTML = html
    if (answer.headers.get('x-more') !== '1') return
    await new Promise(done => setTimeout(done, AGAIN))
  }
}

addEventListener('click', ({ target }) => {
  const button = target.closest('[data-question]')
  if (button) ask(button)
})
