// A mission: tokens are placed on the map, the round's film is shown, stars are kept in this browser.
import { calm, element, partsOf, sentences } from './dom.js'
import { there } from './place.js'
import { share } from './share.js'
import { win, won } from './won.js'

const main = document.querySelector('main')
const at = partsOf(document)

at.theme.onchange = () => location.replace(`?${there({ theme: at.theme.value === 'auto' ? null : at.theme.value })}`)

for (const card of document.querySelectorAll('.missions [data-mission]')) {
  const stars = won()[card.dataset.mission] ?? 0
  card.querySelectorAll('.stars i').forEach((star, k) => star.classList.toggle('won', k < stars))
  if (stars) card.querySelector('.stars').ariaLabel = '★'.repeat(stars)
}

if (Number(main.dataset.stars)) win(main.dataset.mission, Number(main.dataset.stars))

if (at.on) at.on.onclick = () => {
  main.dataset.phase = 'desk'
  scrollTo(0, 0)
  form.scrollIntoView({ block: 'nearest' }) // on a phone its button would cover a token
  document.querySelector('.token')?.focus({ preventScroll: true })
}

if (at.copy) at.copy.onclick = async () => {
  at.dare.select()
  try { await navigator.clipboard.writeText(at.dare.value) } catch { document.execCommand('copy') }
  at.copy.textContent = at.copy.dataset.done
}

if (at.picture) at.picture.onclick = () => share(main, at.picture.dataset.name)

const form = document.querySelector('.desk-table')
if (form) desk()

function desk() {
  const [tokens, discs] = [[...form.querySelectorAll('.token')], [...document.querySelectorAll('.disc')]]
  const placed = new Map() // places by token
  let held = tokens.find(token => 'where' in token.dataset)

  const show = () => {
    main.classList.toggle('placing', Boolean(held))
    for (const token of tokens) {
      const on = placed.has(token.dataset.token)
      token.classList.toggle('held', token === held)
      token.classList.toggle('placed', on)
      token.ariaPressed = 'where' in token.dataset ? token === held : on
    }
    for (const disc of discs) {
      const here = tokens.filter(({ dataset }) => placed.get(dataset.token)?.has(disc.dataset.place))
      disc.querySelector('em').replaceChildren(...here.map(({ dataset }) => element('b', {}, dataset.sign)))
      disc.ariaPressed = Boolean(held && here.includes(held))
      disc.classList.toggle('glow', Boolean(held) && !disc.disabled && !here.includes(held) && !placed.get(held.dataset.token)?.size)
    }
    const costs = tokens.reduce((sum, { dataset }) => sum + (placed.has(dataset.token) ? Number(dataset.price) : 0), 0)
    at.go.textContent = placed.size ? at.go.dataset.play : at.go.dataset.wait
    at.go.classList.toggle('ready', placed.size > 0)
    const short = at.go.disabled = costs > 0 && costs > Number(form.querySelector('.money').dataset.cash)
    const prices = tokens.filter(({ dataset }) => placed.has(dataset.token)).map(token => token.querySelector('small').textContent).filter(Boolean)
    const { cost, short: over, undo } = at.cost.dataset
    at.cost.textContent = sentences(prices.length && cost.replace('{costs}', prices.join(' + ')), short && over, placed.size && undo)
  }

  for (const token of tokens) token.onclick = () => {
    const { token: name, beside } = token.dataset
    if ('where' in token.dataset) {
      if (held === token) placed.delete(name)
      held = token
    }
    else if (!placed.delete(name)) {
      for (const other of tokens) if (beside && other.dataset.beside === beside) placed.delete(other.dataset.token)
      placed.set(name, new Set())
    }
    show()
  }
  for (const disc of discs) disc.onclick = () => {
    if (!held) return
    const [name, place] = [held.dataset.token, disc.dataset.place]
    const places = placed.get(name) ?? new Set()
    if (!places.delete(place)) places.add(place)
    places.size ? placed.set(name, places) : placed.delete(name)
    show()
  }
  if (at.everywhere) at.everywhere.onclick = () => {
    const [{ token: name }, all] = [held.dataset, discs.filter(disc => !disc.disabled).map(disc => disc.dataset.place)]
    placed.get(name)?.size === all.length ? placed.delete(name) : placed.set(name, new Set(all))
    show()
  }
  form.addEventListener('formdata', ({ formData }) => {
    for (const [name, places] of placed) formData.append('token', places.size ? `${name}:${[...places]}` : name)
  })
  form.addEventListener('submit', () => { at.go.disabled = true })
  show()
}

// The round that was decided last plays on the map at once, and person by person as soon as its run is there.
const film = document.querySelector('iframe[data-film]')
if (film) {
  const weeks = [...document.querySelectorAll('.disc')].map(disc => disc.dataset.weeks.split(' ').map(Number))
  const turn = week => document.querySelectorAll('.disc').forEach((disc, k) => {
    disc.querySelector('i').style.width = `${100 * Math.sqrt(weeks[k][week] / disc.dataset.people)}%`
    disc.querySelector('small').textContent = disc.dataset.shown.split('|')[week]
  })
  const play = week => {
    turn(week)
    const goes = week + 1 < weeks[0].length
    main.classList.toggle('playing', goes)
    if (goes) setTimeout(play, Math.min(900, 6000 / weeks[0].length), week + 1)
    else main.classList.add('played')
  }
  if (weeks.length && !calm.matches) play(0)
  const start = () => {
    const page = film.contentDocument
    const play = page?.querySelector('.player.loaded:not(.covered) [data-part=play]')
    if (!play) return setTimeout(start, 200)
    main.classList.add('filmed')
    const pace = page.querySelector('[data-part=pace]')
    pace.value = 2
    pace.onchange()
    play.click()
  }
  start()
}
