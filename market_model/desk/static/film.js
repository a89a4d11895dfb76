// The weeks of a round on its map: from the first picture to the last, which stands there without a script, too.
const WEEK_MS = 2000, CALM = matchMedia('(prefers-reduced-motion: reduce)')

function play(film) {
  const map = film.querySelector('svg[data-frames]'), frames = JSON.parse(map.dataset.frames), days = map.dataset.days.split(' ')
  const parts = [...map.querySelectorAll('[data-disc]')].map(disc => [...disc.querySelectorAll('.part')])
  const day = map.querySelector('.day'), last = days.length - 1
  let begun = performance.now()
  const draw = at => {
    const week = Math.min(last - 1, Math.floor(at)), rest = at - week
    day.textContent = days[Math.min(last, Math.floor(at))]
    parts.forEach((circles, k) => {
      let begin = 0
      circles.forEach((circle, a) => {
        const part = frames[k][week][a] * (1 - rest) + frames[k][week + 1][a] * rest
        circle.setAttribute('stroke-dasharray', `${part} 1000`)
        circle.setAttribute('stroke-dashoffset', -begin)
        begin += part
      })
    })
  }
  const step = now => {
    if (!film.isConnected) return
    const at = Math.min(last, Math.max(0, now - begun) / WEEK_MS)
    draw(at)
    if (at < last) requestAnimationFrame(step)
    else film.classList.remove('playing')
  }
  film.parentElement.querySelector('[data-skip]')?.addEventListener('click', () => { begun = -Infinity })
  film.classList.add('playing')
  requestAnimationFrame(step)
}

// A film that comes is played once, after a round; not for who asks for less motion.
function look() {
  for (const film of document.querySelectorAll('.film[data-play]')) {
    film.removeAttribute('data-play')
    const weeks = film.querySelector('svg[data-frames]').dataset.days.split(' ').length
    if (weeks > 1 && !CALM.matches && (!document.querySelector('h1:is(.open, .briefing)'))) play(film)
  }
}
new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
look()
