// The pictures of the gallery: each story's run as a small film that loops while it can be seen.
import { explain } from './answers.js'
import { calm, dates, element } from './dom.js'
import { Playback, show } from './page.js'
import { served } from './recording.js'

export const render = context => show(context, Picture)

class Picture extends Playback {
  constructor(model, at) {
    super(model, at)
    this.date = dates(this.language, { month: 'long', year: 'numeric' })
    this.network = this.addNetwork(at)
    at.loop.click()
    Object.assign(this.clock, { speed: 6 }).remove() // it takes no keys
    this.sight = new IntersectionObserver(([{ isIntersecting }]) => this.#see(isIntersecting))
  }

  open(query) {
    this.load(served(query), ({ kind, weeks, focus }) => {
      if (kind !== 'start') return this.grow()
      this.wanted = calm.matches ? weeks >> 1 : 0
      this.begin([this.run], focus || 'main')
    })
  }

  ready() {
    this.at.notice.hidden = true
    this.halted = calm.matches
    this.sight.observe(this.at.stage)
  }

  turn(week) {
    const { dates: days, news } = this.run.start
    const told = news.findLast(item => item.week <= week)?.text ?? ''
    this.at.day.replaceChildren(element('b', {}, this.date.format(new Date(days[week]))), ` ${told}`)
    this.network.turn(week, this.clock.speed)
  }

  rest() {}

  fail(error) { this.at.notice.textContent = explain(error, this.words.page) }

  remove() {
    this.sight.disconnect()
    super.remove()
  }

  // Out of sight it stands still; the browser itself holds what moves in a hidden tab.
  #see(seen) {
    if (!seen) this.halted = !this.clock.playing
    seen && !this.halted ? this.clock.start() : this.clock.stop()
  }
}
