// The page under its head: stage, clock, offers, chart and news of one run, all moved by one clock.
import { Chart } from './chart.js'
import { Clock } from './clock.js'
import { calm, darkGround, element, fill, tint } from './dom.js'
import { Film } from './film.js'
import { Offers } from './offers.js'
import { Stage } from './stage.js'

export function render({ model, el }) {
  const player = new Player(model)
  el.replaceChildren(player.el)
  const [load, say] = [() => player.load(), () => player.say()]
  model.on('change:run', load)
  model.on('change:message change:problem', say)
  player.say()
  player.load()
  return () => {
    model.off('change:run', load)
    model.off('change:message change:problem', say)
    player.remove()
  }
}

class Player {
  constructor(model) {
    this.model = model
    this.words = model.get('words')
    this.onDark = model.get('on_dark')
    const language = model.get('language') === 'zh' ? 'zh-CN' : 'en-GB'
    this.date = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' })
    this.percent = new Intl.NumberFormat(language, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 })
    this.stage = new Stage(this.words.stage.label, this.onDark)
    this.offers = new Offers(this.words.offers, this.onDark, language)
    this.chart = new Chart(this.words.shares.title, this.onDark, model.get('language'))
    this.clock = new Clock(this.words.player, week => this.turn(week), week => this.tell(week))
    this.#build()
    this.recolor = () => this.#colors()
    darkGround.addEventListener('change', this.recolor)
  }

  // The run that the model holds, from its first week.
  load() {
    const run = this.model.get('run')
    if (!run.weeks) return
    this.run = run
    this.offers.show(run)
    this.chart.show(run.chart, run.dates)
    this.news.hidden = !run.news.length
    this.el.classList.add('loaded')
    this.film = null
    this.look(0)
    this.clock.load(run.weeks, !calm.matches)
  }

  // Colours users by main app (0), or by how they stand to one app (its place in run.apps).
  look(view) {
    this.view = view
    this.kinds = view ? standings(this.run.apps[view], this.words.stage) : this.run.apps
    const week = this.film?.week ?? 0
    this.film = new Film(this.run.films[view], this.run.users, this.run.weeks, this.kinds.length)
    this.film.seek(week)
    this.#legend()
    this.stage.show(this.run, this.film, this.kinds)
    this.#shares()
  }

  // Shows a week.
  turn(week) {
    const touched = this.film.seek(week)
    this.stage.update(touched, touched.size ? this.film.moved() : [], this.clock.speed)
    this.week.textContent = fill(this.words.stage.week, { week })
    this.day.textContent = this.date.format(new Date(this.run.dates[week]))
    this.#shares()
    this.time.style.setProperty('--at', week / Math.max(1, this.run.weeks - 1))
    this.clock.slider.setAttribute('aria-valuetext', `${this.week.textContent}, ${this.day.textContent}`)
    this.offers.update(week)
    this.chart.update(week)
    this.#happens(week)
  }

  // What readers of the screen hear when the clock rests.
  tell(week) {
    if (!this.run) return
    const shares = this.kinds.map((kind, i) => `${kind.label} ${this.shares[i].textContent}`)
    this.spoken.textContent = [fill(this.words.stage.week, { week }), ...shares].join(', ')
  }

  // What the page waits for, or what went wrong.
  say() {
    const [message, problem] = [this.model.get('message'), this.model.get('problem')]
    this.waiting.replaceChildren(...message.map(text => element('p', {}, text)))
    this.failed.replaceChildren(...problem.map(text => element('p', {}, text)))
    this.waiting.hidden = !message.length
    this.failed.hidden = !problem.length
    this.el.classList.toggle('covered', Boolean(message.length || problem.length))
    if (this.clock.playing && (message.length || problem.length)) this.clock.stop()
  }

  remove() {
    darkGround.removeEventListener('change', this.recolor)
    for (const part of [this.stage, this.clock, this.offers, this.chart]) part.remove()
  }

  #build() {
    const { stage, clock, offers, chart, words } = this
    this.week = element('h2', { class: 'week' })
    this.day = element('span', { class: 'muted' })
    this.legend = element('ul', { class: 'legend' })
    this.about = element('p', { class: 'about muted' })
    this.spoken = element('p', { class: 'unseen', 'aria-live': 'polite' })
    this.waiting = element('div', { class: 'notice waiting', role: 'status' })
    this.failed = element('div', { class: 'notice failed', role: 'alert' })
    const network = element('section', { class: 'card network' },
      element('div', { class: 'line' }, this.week, this.day), stage.el, this.legend, this.about, this.spoken, this.waiting, this.failed)
    this.time = element('section', { class: 'card time' }, clock.buttons,
      element('div', { class: 'track' }, clock.slider), offers.axis, offers.rows)
    this.told = element('ol', { class: 'told' })
    this.news = element('section', { class: 'card news' }, element('h2', {}, words.news.title), this.told)
    const shares = element('section', { class: 'card shares' }, element('h2', {}, words.shares.title),
      element('p', { class: 'muted' }, words.shares.help), chart.el)
    this.el = element('main', { class: 'player' }, network, this.time, element('div', { class: 'side' }, shares, this.news))
  }

  // What the colours mean; by main app, a button for each app that shows it alone.
  #legend() {
    const { apps, communities, people } = this.run
    this.shares = this.kinds.map(() => element('b'))
    this.swatches = this.kinds.map(kind => element('i', { class: kind.core ? 'core' : kind.pale ? 'pale' : 'full' }))
    const items = this.kinds.map((kind, i) => [this.swatches[i], kind.label, ' ', this.shares[i]])
    const button = (view, ...inside) => {
      const made = element('button', { type: 'button' }, ...inside)
      made.addEventListener('click', () => this.look(view))
      return made
    }
    const rows = items.map((inside, i) => element('li', {}, ...(this.view || !i ? inside : [button(i, ...inside)])))
    if (this.view) rows.unshift(element('li', {}, button(0, '‹ ', this.words.stage.by_main)), element('li', {}, element('strong', {}, apps[this.view].label)))
    this.legend.replaceChildren(...rows)
    const discs = this.words.stage[communities[0].label ? 'regions' : 'neighbours']
    this.about.textContent = fill(this.words.stage[this.view ? 'key_app' : 'key'], { communities: discs, people, app: apps[this.view].label })
    this.#colors()
  }

  #shares() {
    this.shares.forEach((share, i) => { share.textContent = this.percent.format(this.film.counts[i] / this.run.users) })
  }

  #colors() {
    this.swatches?.forEach((swatch, i) => { swatch.style.background = tint(this.kinds[i].color, this.onDark) })
  }

  #happens(week) {
    const known = this.run.news.filter(item => item.week <= week).slice(-3).reverse()
    const told = known.map(item => item.text).join('\n')
    if (told === this.lastTold && told) return
    this.lastTold = told
    this.told.replaceChildren(...known.map(item => element('li', {},
      element('time', {}, this.date.format(new Date(item.date))), item.text)))
    if (!known.length) this.told.replaceChildren(element('li', { class: 'muted' }, this.words.news.none))
  }
}

// How users stand to an app, as kinds of dots: paler where it means less to them, a core where the data are free.
function standings(app, words) {
  return [{ label: words.unaware, color: '#dfe4ec' }, { label: words.aware, color: '#a3adbc' },
    { label: words.silent, color: app.color, pale: true }, { label: words.active, color: app.color },
    { label: words.free, color: app.color, core: true }]
}
