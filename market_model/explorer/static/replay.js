// A run in one file: the player without a server; exports.py writes it and all it needs into the page.
import { note } from './place.js'
import { render } from './player.js'

async function bytes(packed) {
  const { body } = await fetch(`data:;base64,${packed}`)
  return new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream('deflate'))).arrayBuffer())
}

const { shown, ...known } = JSON.parse(document.getElementById('run').textContent)
note(shown)
for (const name in known.replay) known.replay[name] = await bytes(known.replay[name])
known.query = new URLSearchParams(shown).toString()
render({ model: { get: name => known[name], on() {}, off() {} }, el: document.getElementById('replay') })
