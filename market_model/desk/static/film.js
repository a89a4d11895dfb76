// The weeks of a game on its map: from the first picture to the last, which stands there without a script, too.
const WEEK_MS = 2000, CALM = matchMedia('(prefers-reduced-motion: reduce)')

class Film {
  constructor(place) {
    const map = place.querySelector('svg[data-frames]')
    this.place = place
    this.frames = JSON.parse(map.dataset.frames)
    this.days = map.dataset.days.split('|')
    this.parts = [...map.querySelectorAll('[data-disc]')].map(disc => [...disc.querySelectorAll('.part')])
    this.marks = [...map.querySelectorAll('[data-weeks]')].map(mark => [mark, mark.dataset.weeks.split(' ').map(span => span.split('-').map(Number))])
    this.day = map.querySelector('.day')
    this.rows = [...place.querySelectorAll('[data-users]')].map(row => [row, row.dataset.users.split(' ').map(Number)])
    this.told = [...place.querySelectorAll('[data-steps]')].map(one => [one, one.dataset.steps.split('|')])
    this.last = this.days.length - 1
    this.pace = Number(place.dataset.pace ?? WEEK_MS)
    this.at = this.last
  }

  draw(at) {
    this.at = at
    const week = Math.max(0, Math.min(this.last - 1, Math.floor(at))), rest = at - week
    this.tell(Math.min(this.last, Math.floor(at)))
    this.parts.forEach((circles, k) => {
      let begin = 0
      circles.forEach((circle, a) => {
        const part = this.frames[k][week][a] * (1 - rest) + this.frames[k][week + 1][a] * rest
        circle.setAttribute('stroke-dasharray', `${part} 1000`)
        circle.setAttribute('stroke-dashoffset', -begin)
        begin += part
      })
    })
    for (const [mark, spans] of this.marks) mark.style.visibility = spans.some(([from, end]) => from <= at && at < end) ? '' : 'hidden'
    this.drawn?.(at)
  }

  // What stands beside the map, as it is in a week.
  tell(week) {
    if (week === this.shown) return
    this.shown = week
    this.day.textContent = this.days[week]
    for (const [one, steps] of this.told) one.textContent = steps[week]
    for (const [row] of this.rows.toSorted(([, a], [, b]) => b[week] - a[week])) row.parentElement.append(row)
  }

  play(from = 0) {
    this.begun = performance.now() - from * this.pace
    this.place.classList.add('playing')
    this.draw(from)
    requestAnimationFrame(now => this.step(now))
  }

  step(now) {
    if (!this.place.isConnected || !this.place.classList.contains('playing')) return
    const at = Math.min(this.last, Math.max(0, now - this.begun) / this.pace)
    this.draw(at)
    if (at < this.last) requestAnimationFrame(next => this.step(next))
    else this.stop()
  }

  stop() {
    this.place.classList.remove('playing')
    this.ended?.()
  }
}

// The film of a whole game: a button, a slider, and its turning points.
function whole(place) {
  const film = new Film(place), button = place.querySelector('[data-play-film]'), slider = place.querySelector('[data-seek]')
  const discs = [...place.querySelectorAll('[data-disc]')], words = [button.textContent, button.dataset.stop]
  const jump = at => { film.stop(); film.draw(at) }
  film.drawn = at => { slider.value = at }
  film.ended = () => { button.textContent = words[0] }
  button.onclick = () => {
    if (place.classList.contains('playing')) return film.stop()
    button.textContent = words[1]
    film.play(film.at < film.last ? film.at : 0)
  }
  slider.oninput = () => jump(Number(slider.value))
  for (const turn of place.querySelectorAll('[data-week]')) turn.onclick = () => {
    const week = Number(turn.dataset.week), at = Number(turn.dataset.at)
    discs.forEach((disc, k) => disc.classList.toggle('here', k === at))
    for (const other of place.querySelectorAll('[data-week]')) other === turn ? other.setAttribute('aria-current', 'true') : other.removeAttribute('aria-current')
    jump(week)
    if (innerHeight > place.querySelector('svg').getBoundingClientRect().height) place.scrollIntoView({ block: 'start', behavior: CALM.matches ? 'auto' : 'smooth' })
  }
  film.draw(film.last)
}

// A film that comes is played once, after a round; not for who asks for less motion.
function look() {
  for (const place of document.querySelectorAll('.film[data-play]')) {
    place.removeAttribute('data-play')
    const film = new Film(place)
    place.parentElement.querySelector('[data-skip]')?.addEventListener('click', () => { film.begun = -Infinity })
    if (film.last > 0 && !CALM.matches && (!document.querySelector('h1:is(.open, .briefing)'))) film.play()
  }
  for (const place of document.querySelectorAll('.film.course:not([data-ready])')) {
    place.dataset.ready = ''
    whole(place)
  }
}
new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
look()
