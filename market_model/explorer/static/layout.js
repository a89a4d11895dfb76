// Where users stand: a disc per community, its users packed like the seeds of a sunflower (Vogel 1979).
// Lengths are in units in which neighbours of one disc are about 1.7 apart.

const GOLDEN = Math.PI * (3 - Math.sqrt(5))
const ROOM = 3
const STEP = 0.2

// Discs of these sizes without overlap, the largest first, near the middle of a place `aspect` times as wide as high:
// each takes the first free place on a sunflower of its own, after those that equal discs found taken.
export function discs(sizes, aspect) {
  const placed = []
  let seed = 0
  for (const i of [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a])) {
    const disc = { i, x: 0, y: 0, r: Math.sqrt(sizes[i]) + 0.5 }
    const taken = ({ x, y, r }) => Math.hypot(x - disc.x, y - disc.y) < r + disc.r + ROOM
    if (disc.r !== placed.at(-1)?.r) seed = 0
    for (; placed.some(taken); seed++) {
      const far = STEP * disc.r * Math.sqrt(seed)
      Object.assign(disc, { x: far * aspect * Math.cos(seed * GOLDEN), y: far * Math.sin(seed * GOLDEN) })
    }
    placed.push(disc)
  }
  return placed.sort((a, b) => a.i - b.i)
}

// Users' places as [x0, y0, x1, y1, …] in pixels, the discs in pixels, and pixels per unit.
export function arrange(sizes, width, height, margin) {
  const found = discs(sizes, width / height)
  const [left, right] = [Math.min(...found.map(d => d.x - d.r)), Math.max(...found.map(d => d.x + d.r))]
  const [top, bottom] = [Math.min(...found.map(d => d.y - d.r)), Math.max(...found.map(d => d.y + d.r))]
  const unit = Math.min((width - 2 * margin) / (right - left), (height - 2 * margin) / (bottom - top))
  const [x0, y0] = [(width - unit * (left + right)) / 2, (height - unit * (top + bottom)) / 2]
  const places = new Float32Array(2 * sizes.reduce((a, b) => a + b, 0))
  let user = 0
  for (const disc of found) {
    for (let seed = 0; seed < sizes[disc.i]; seed++, user++) {
      const r = Math.sqrt(seed + 0.5)
      places[2 * user] = x0 + unit * (disc.x + r * Math.cos(seed * GOLDEN))
      places[2 * user + 1] = y0 + unit * (disc.y + r * Math.sin(seed * GOLDEN))
    }
  }
  return { places, unit, discs: found.map(d => ({ x: x0 + unit * d.x, y: y0 + unit * d.y, r: unit * d.r })) }
}
