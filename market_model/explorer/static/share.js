// A mission's end as a picture of its own, 1200 × 630: what was reached, beside other hands, on the map.
const WIDE = 1200, HIGH = 630, LEFT = 60, FONT = 'system-ui, sans-serif'
const INK = '#172033', MUTED = '#5b6678', RULE = '#dfe4ec', PAPER = '#ffffff', STAR = '#f0a202'

const textOf = (root, at) => root.querySelector(at)?.firstChild?.textContent.trim() ?? ''

function lines(pen, text, x, y, wide, step) {
  let line = ''
  for (const piece of text.match(/[^ \p{Script=Han}]+ *|\p{Script=Han}/gu) ?? []) {
    if (line && pen.measureText(line + piece).width > wide) {
      pen.fillText(line, x, y)
      ;[line, y] = ['', y + step]
    }
    line += piece
  }
  pen.fillText(line, x, y)
  return y + step
}

function map(pen, main, color, x, y, wide, high) {
  const frame = main.querySelector('.map > div').getBoundingClientRect()
  const scale = Math.min(wide / frame.width, high / frame.height)
  const [left, top] = [x + (wide - frame.width * scale) / 2, y + (high - frame.height * scale) / 2]
  const circle = (x, y, radius, fill) => {
    pen.fillStyle = fill
    pen.beginPath()
    pen.arc(x, y, radius, 0, 2 * Math.PI)
    pen.fill()
  }
  pen.textAlign = 'center'
  for (const disc of main.querySelectorAll('.disc')) {
    const box = disc.getBoundingClientRect(), radius = box.width / 2 * scale
    const [cx, cy] = [left + (box.left - frame.left) * scale + radius, top + (box.top - frame.top) * scale + radius]
    circle(cx, cy, radius, RULE)
    circle(cx, cy, radius * Math.sqrt(disc.dataset.weeks.split(' ').at(-1) / disc.dataset.people), color)
    pen.fillStyle = INK
    pen.font = `600 15px ${FONT}`
    pen.fillText(textOf(disc, 'span'), cx, cy - 2)
    pen.font = `14px ${FONT}`
    pen.fillText(disc.dataset.shown.split('|').at(-1), cx, cy + 16)
  }
  pen.textAlign = 'left'
}

function bars(pen, main, color, y, wide) {
  for (const row of main.querySelectorAll('.came tbody tr')) {
    const mine = row.classList.contains('mine'), bar = row.querySelector('td i').style
    pen.fillStyle = INK
    pen.font = `${mine ? 700 : 500} 21px ${FONT}`
    pen.fillText(textOf(row, 'th'), LEFT, y)
    pen.textAlign = 'right'
    pen.fillText(row.querySelector('td:last-child').textContent, LEFT + wide, y)
    pen.textAlign = 'left'
    pen.fillStyle = mine ? color : MUTED
    const [from, room] = [LEFT + wide * .5, wide * .24]
    pen.fillRect(from + parseFloat(bar.left) / 100 * room, y - 15, Math.max(2, parseFloat(bar.width) / 100 * room), 16)
    y += 36
  }
}

export async function picture(main, name) {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDE, height: HIGH })
  const pen = canvas.getContext('2d'), stars = Number(main.dataset.stars)
  const color = getComputedStyle(main.querySelector('.goal .done')).backgroundColor, mapped = main.querySelector('.map')
  const wide = mapped ? 600 : WIDE - 2 * LEFT
  pen.fillStyle = PAPER
  pen.fillRect(0, 0, WIDE, HIGH)
  pen.fillStyle = color
  pen.fillRect(0, 0, 14, HIGH)
  pen.fillStyle = MUTED
  pen.font = `500 22px ${FONT}`
  pen.fillText(textOf(main, 'header .muted').split(' · ')[0], LEFT, 66)
  pen.fillStyle = INK
  pen.font = `700 46px ${FONT}`
  pen.fillText(textOf(main, 'h1'), LEFT, 122)
  pen.font = `22px ${FONT}`
  let y = lines(pen, textOf(main, '.task'), LEFT, 168, wide, 31)
  pen.font = `52px ${FONT}`
  for (let k = 0; k < 3; k++) {
    pen.fillStyle = k < stars ? STAR : RULE
    pen.fillText('★', LEFT + k * 58, y + 42)
  }
  pen.fillStyle = INK
  pen.font = `700 46px ${FONT}`
  pen.fillText(main.querySelector('.came .big b').textContent, LEFT + 196, y + 40)
  bars(pen, main, color, y + 106, wide)
  pen.fillStyle = MUTED
  pen.font = `500 18px ${FONT}`
  pen.fillText(name, LEFT, HIGH - 30)
  if (mapped) map(pen, main, color, LEFT + wide + 30, 40, WIDE - 2 * LEFT - wide, HIGH - 80)
  return new Promise(made => canvas.toBlob(made, 'image/png'))
}

// To another program of the phone where there is one for pictures, else into the folder of downloads.
export async function share(main, name) {
  const file = new File([await picture(main, name)], `${main.dataset.mission}.png`, { type: 'image/png' })
  if (navigator.canShare?.({ files: [file] })) {
    try { await navigator.share({ files: [file] }) } catch (error) { if (error.name !== 'AbortError') throw error }
    return
  }
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: file.name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
