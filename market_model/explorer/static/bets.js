// Bets: before a run is shown, the player draws how many will use an app; then the run is revealed and the bet scored.
import { button, calm, copied, element, fill, options } from './dom.js'
import { here, note } from './place.js'

const [DATES, LATER] = [5, 12]

export class Bets {
  constructor(player) {
    const { bet, bets: el, handles } = player.at
    Object.assign(this, { player, words: player.words.bets, el, handles })
    bet.onclick = () => this.#bet('')
    player.shares.frame.append(handles)
  }

  begin(run) {
    Object.assign(this, { bet: null, last: run.start.weeks - 1 })
    this.el.hidden = this.handles.hidden = true
    this.player.clock.hold(this.player.blind)
    this.#hide()
  }

  grown({ kind }) { if (kind === 'end' && here().has('bet')) this.#bet(here().get('bet')) }

  turn(week) { if (this.bet?.told && week === this.last) this.#score(this.bet) }

  // A bet as the address has it: "app:12,14,13,9,5;s=30", with ";told" when the run has been shown.
  #bet(text) {
    const { words, player: { run, clock, shares } } = this
    if (!run.done) return
    const { apps, focus, chart: { yAxis } } = run.start
    const [, name = focus, said = '', stay = 50, told = ''] = text.match(/^(\w+):([\d,]*)(?:;s=(\d+))?(;told)?$/) ?? []
    const index = Math.max(0, apps.findIndex(app => app.name && app.name === name) - 1)
    const active = run.series.active[index].map(share => 100 * share)
    const given = said.split(',').map(share => Math.min(100, share))
    const curve = given.length === DATES ? given : Array(DATES).fill(Math.round(active[0]))
    this.bet = { app: apps[index + 1], index, active, curve, stay: Math.min(100, stay), told, stayed: survival(run, apps[index + 1]) }
    if (!told) clock.go(0)
    if (!told) shares.begin(run)
    clock.hold(!told)
    shares.show({ ...shares.option, yAxis: told ? yAxis : { ...yAxis, min: 0, max: 100, interval: 25 } })
    this.el.hidden = false
    this.handles.hidden = Boolean(told)
    told ? this.el.replaceChildren(element('h2', {}, words.score), element('p', {}, words.running)) : this.#ask(run.start, this.bet)
    this.#draw()
    this.turn(this.player.week)
  }

  #ask({ apps, dates }, bet) {
    const { words, last, player: { at, clock, date } } = this
    const { app, stay, question, staying, share, reveal } = copied(at.betting, this.el)
    app.append(...options(apps.slice(1).map(one => [one.name, one.label])))
    app.value = bet.app.name
    app.onchange = () => this.#bet(`${app.value}:`)
    bet.curve.forEach((value, i) => {
      const day = date.format(new Date(dates[Math.round((i + 1) * last / DATES)]))
      this.#range(this.handles.children[i], value, fill(words.on_day, { app: bet.app.label, day }), now => { bet.curve[i] = now })
    })
    stay.hidden = share.hidden = !bet.stayed
    question.textContent = bet.stayed ? fill(words.stay, bet.stayed) : ''
    this.#range(share, bet.stay, question.textContent, now => { staying.textContent = `${bet.stay = now}%` })
    reveal.onclick = () => {
      this.#bet(`${here().get('bet')};told`)
      calm.matches ? clock.go(last) : clock.start()
    }
  }

  #range(input, value, ariaLabel, moved) {
    Object.assign(input, { value, ariaLabel, oninput: () => [moved(Number(input.value)), this.#draw()] })
    moved(value)
  }

  // The bet as a curve behind the run's, and in the address.
  #draw() {
    const { app, index, active, curve, stay, stayed, told } = this.bet
    const points = [active[0], ...curve]
    this.bet.line = active.map((_, week) => {
      const at = week * DATES / this.last
      const i = Math.min(DATES - 1, Math.floor(at))
      return points[i] + (at - i) * (points[i + 1] - points[i])
    })
    note({ bet: `${app.name}:${curve}${stayed ? `;s=${stay}` : ''}${told}` })
    this.#hide()
    this.player.shares.behind(this.player.run.series.active.map((_, k) => (k === index ? this.bet.line.map(share => share / 100) : [])))
  }

  // Nothing of the future stands on the page while it is bet on.
  #hide() {
    const { player: { at, blind, offers } } = this
    if (at.main.classList.contains('betting') === blind) return
    at.main.classList.toggle('betting', blind)
    offers.show()
  }

  #score({ app, active, line, stay, stayed }) {
    const { words } = this
    const off = bet => (active.reduce((sum, share, week) => sum + Math.abs(share - bet[week]), 0) / active.length).toFixed(1)
    const [mine, naive] = [off(line), off(active.map(() => active[0]))]
    const verdict = words[+mine < +naive ? 'better' : +mine > +naive ? 'worse' : 'even']
    const told = [fill(words.curve, { app: app.label, mine }), `${fill(words.naive, { naive })} ${verdict}`,
      stayed ? fill(words.stayed, { ...stayed, said: stay }) : '']
    this.el.replaceChildren(element('h2', {}, words.score), element('div', { role: 'status' }, ...told.map(text => element('p', {}, text))),
      button(words.again, () => this.#bet(`${app.name}:`), { class: 'act' }))
  }
}

// Of the first followed offer of an app: the share of those it won who are still there about 12 weeks after its end.
function survival(run, { name, label: app }) {
  const cohort = run.panels.find(panel => panel.key === 'survival')?.cohorts?.find(one => one.app === name)
  const at = Math.min(LATER, cohort?.stayed.length - 1)
  return cohort && { app, offer: cohort.label, weeks: at, actual: cohort.stayed[at] }
}
