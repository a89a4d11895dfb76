// Where users stand: in the disc of their community (map.py says where it lies), packed like the seeds of a sunflower
// (Vogel 1979). Lengths of the map are in units in which neighbours of one disc are about 1.7 apart.

const GOLDEN = Math.PI * (3 - Math.sqrt(5))

// The whole map in a place of so many pixels, with room around it and, below, for a name.
export function whole(discs, width, height, margin, name) {
  const [left, right] = [Math.min(...discs.map(d => d.x - d.r)), Math.max(...discs.map(d => d.x + d.r))]
  const [top, bottom] = [Math.min(...discs.map(d => d.y - d.r)), Math.max(...discs.map(d => d.y + d.r))]
  const unit = Math.max(1e-3, Math.min((width - 2 * margin) / (right - left), (height - 2 * margin - name) / (bottom - top)))
  return { unit, x: (width - unit * (left + right)) / 2, y: (height - name - unit * (top + bottom)) / 2 }
}

// Users' places as [x0, y0, x1, y1, …] and discs, in pixels of a view { unit, x, y } of the map.
export function arrange(communities, { unit, x, y }) {
  const places = new Float32Array(2 * communities.reduce((sum, { size }) => sum + size, 0))
  let user = 0
  for (const disc of communities) {
    for (let seed = 0; seed < disc.size; seed++, user++) {
      const r = Math.sqrt(seed + 0.5)
      places[2 * user] = x + unit * (disc.x + r * Math.cos(seed * GOLDEN))
      places[2 * user + 1] = y + unit * (disc.y + r * Math.sin(seed * GOLDEN))
    }
  }
  return { places, discs: communities.map(d => ({ x: x + unit * d.x, y: y + unit * d.y, r: unit * d.r })) }
}
