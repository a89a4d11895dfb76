// Where users stand: a disc per community, its users packed like the seeds of a sunflower (Vogel 1979).
// Lengths are in units in which neighbours of one disc are about 1.7 apart.

const GOLDEN = Math.PI * (3 - Math.sqrt(5))
const ROOM = 3
const RAYS = 144

// Discs of these sizes without overlap, near the middle of a place `aspect` times as wide as high.
export function discs(sizes, aspect) {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a] || a - b)
  const placed = []
  for (const i of order) {
    const r = Math.sqrt(sizes[i]) + 0.5
    placed.push({ i, r, ...bestPlace(placed, r + ROOM, aspect) })
  }
  return placed.sort((a, b) => a.i - b.i)
}

// On each ray from the middle, the first free place; of these the nearest one, seen through the aspect.
function bestPlace(placed, room, aspect) {
  const places = Array.from({ length: RAYS }, (_, ray) => {
    const angle = (ray / RAYS) * 2 * Math.PI
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)]
    const along = firstFree(placed, room, dx, dy)
    const [x, y] = [along * dx, along * dy]
    return { x, y, far: Math.hypot((Math.abs(x) + room * 0.5) / aspect, Math.abs(y) + room * 0.5) }
  })
  return places.reduce((best, one) => (one.far < best.far ? one : best))
}

function firstFree(placed, room, dx, dy) {
  const taken = placed.flatMap(({ x, y, r }) => {
    const middle = x * dx + y * dy
    const half = Math.sqrt((r + room) ** 2 - (x * x + y * y - middle * middle))
    return half > 0 ? [[middle - half, middle + half]] : []
  }).sort((a, b) => a[0] - b[0])
  let along = 0
  for (const [from, to] of taken) if (from <= along) along = Math.max(along, to + 1e-6)
  return along
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
