// What can be done with a run: another story, another luck, back to the story as written.
import { button, choice, element } from './dom.js'
import { go, here } from './place.js'

export class Toolbar {
  constructor(player) {
    const words = player.words.page
    this.story = choice(player.stories.map(s => [s.name, s.title]), null,
      { name: 'story', 'aria-label': words.story, onchange: () => this.#tell(this.story.value) })
    this.seed = element('input', { type: 'number', name: 'seed', min: 0, max: 999999, step: 1, title: words.seed_help,
      onchange: () => this.#luck(Number(this.seed.value)) })
    const another = button(words.another, () => this.#luck(Number(this.seed.value) + 1), { title: words.another_help })
    this.original = button(words.original, () => this.#tell(this.story.value), { title: words.original_help })
    this.extra = element('div', { class: 'extra' })
    this.el = element('div', { class: 'toolbar' }, this.story, element('label', {}, element('span', {}, words.seed), this.seed),
      another, this.original, this.extra)
  }

  begin(run) {
    this.story.value = run.start.story
    this.seed.value = run.start.seed
    this.original.hidden = !here().has('set') && !here().has('do')
  }

  // A story as it is written.
  #tell(story) {
    const place = here()
    for (const name of ['set', 'do', 'week', 'view', 'pin', 'bet']) place.delete(name)
    if (!/^\d+$/.test(place.get('seed'))) place.delete('seed')
    place.set('story', story)
    go(place, '/play')
  }

  #luck(seed) {
    const place = here()
    place.delete('week')
    place.set('seed', Math.max(0, Math.round(seed) || 0))
    go(place, '/play')
  }
}
