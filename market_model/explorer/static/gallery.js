// The pictures of the gallery: each story's run as a small film that loops while it can be seen.
import { explain } from './answers.js'
import { Clock } from './clock.js'
import { calm, dates, element, partsOf, textsOf } from './dom.js'
import { Network } from './network.js'
import { Recording, served } from './recording.js'
import { won } from './won.js'

export function render({ model, el }) {
  el.innerHTML = model.get('html')
  const stars = Object.values(won()).reduce((sum, count) => sum + count, 0)
  if (stars) el.querySelector('[data-part=won]').textContent = ` ★ ${stars}`
  const pictures = [...el.querySelectorAll('.picture')].map(figure => new Picture(model, partsOf(figure), figure.dataset))
  return () => pictures.forEach(picture => picture.remove())
}

class Picture {
  constructor(model, at, { story }) {
    const [words, onDark, language] = [textsOf(model), ...['on_dark', 'language'].map(name => model.get(name))]
    const failed = error => { at.notice.textContent = explain(error, words.page) }
    Object.assign(this, { at, halted: calm.matches })
    const date = dates({ month: 'long', year: 'numeric' })
    this.network = new Network(at, words.stage, onDark, language, { grown: () => this.#grow(), failed })
    const turn = week => {
      const { dates: days, news } = this.network.start
      const [now, told] = [date.format(new Date(days[week])), news.findLast(item => item.week <= week)]
      const then = told && date.format(new Date(told.date))
      at.day.replaceChildren(element('b', {}, now), told ? ` ${then === now ? '' : `(${then}) `}${told.text}` : '')
      this.network.turn(week, this.clock.speed)
    }
    this.clock = new Clock(at, words.player, turn, () => {}, week => this.network.want(week))
    at.loop.click()
    Object.assign(this.clock, { speed: 6 }).remove() // it takes no keys
    this.sight = new IntersectionObserver(([{ isIntersecting }]) => this.#see(isIntersecting))
    const run = this.run = new Recording(served(new URLSearchParams({ story })), language, words.people)
    const begin = () => this.network.show(run, run.start.focus || 'main')
    run.open(({ kind }) => kind === 'start' ? begin() : this.#grow()).catch(failed)
  }

  remove() {
    this.run.left = true
    this.sight.disconnect()
    for (const part of [this.network, this.clock]) part.remove()
  }

  #grow() {
    const { limit, start } = this.network
    if (limit < 0) return
    if (!this.at.notice.hidden) this.clock.load(start.weeks, !this.halted)
    if (!this.at.notice.hidden && this.halted) this.clock.go(start.weeks >> 1)
    this.clock.grow(limit)
    this.at.notice.hidden = true
    this.sight.observe(this.at.stage)
  }

  // Out of sight it stands still; the browser itself holds what moves in a hidden tab.
  #see(seen) {
    if (!seen) this.halted = !this.clock.playing
    seen && !this.halted ? this.clock.start() : this.clock.stop()
  }
}
