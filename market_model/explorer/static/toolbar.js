// What can be done with a run: another story, another luck, back to the story as written.
import { go, here, there } from './place.js'

export class Toolbar {
  constructor({ at: { story, seed, another, original, more } }) {
    Object.assign(this, { story, seed })
    story.onchange = original.onclick = () => this.#tell(story.value)
    seed.onchange = () => this.#luck(Number(seed.value))
    more.onclick = () => { more.ariaExpanded = more.parentElement.classList.toggle('open') }
    another.onclick = () => this.#luck(Number(seed.value) + 1)
  }

  begin(run) {
    this.story.value = run.start.story
    this.seed.value = run.start.seed
  }

  // A story as it is written.
  #tell(story) {
    const [seed] = here().get('seed')?.match(/^\d+$/) ?? [null]
    go(there({ story, seed, set: null, then: null, do: null, week: null, view: null, pin: null, bet: null }), '/play')
  }

  #luck(seed) { go(there({ seed: Math.max(0, Math.round(seed) || 0), week: null }), '/play') }
}
