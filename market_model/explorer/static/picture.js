// The stage with its title, legend and curves as one picture: the browser draws a copy of these as an image.
import { darkGround, element } from './dom.js'

const SCALE = 2

export async function picture({ at: { main: shown }, network: { stage, choice }, shares: { plot, drawing, fitted }, run }) {
  const cards = ['.network', '.shares'].map(name => shown.querySelector(name))
  const [height, other] = cards.map(card => card.offsetHeight)
  const resize = height => [drawing.resize({ height }), fitted()]
  resize(plot.clientHeight + Math.max(0, height - other))
  const [left, right] = cards.map(card => card.cloneNode(true))
  resize('auto')
  left.querySelector('select').replaceWith(choice.selectedOptions[0].text)
  left.style.height = `${height}px`
  right.style.height = `${Math.max(height, other)}px`
  const css = [...document.styleSheets].find(sheet => sheet.href?.endsWith('/page.css')).cssRules
  const [title, side] = [element('h1', {}, run.start.title), element('div', { class: 'side' }, right)]
  const main = element('main', { class: 'player loaded still' }, title, left, side)
  const page = element('div', { id: 'app', style: `width: ${innerWidth}px` },
    element('style', {}, [...css].map(rule => rule.cssText).join('\n')), element('div', { class: 'explorer' }, main))
  document.body.append(page)
  const [whole, place] = [page, left.querySelector('.stage')].map(part => part.getBoundingClientRect())
  page.remove()
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" style="background: var(--ground)"
    data-theme="${darkGround.matches ? 'dark' : 'light'}"><foreignObject width="100%" height="100%">${
  new XMLSerializer().serializeToString(page)}</foreignObject></svg>`
  const image = element('img', { src: `data:image/svg+xml,${encodeURIComponent(svg)}` })
  await image.decode()
  const canvas = element('canvas', { width: SCALE * whole.width, height: SCALE * whole.height })
  const pen = canvas.getContext('2d')
  pen.scale(SCALE, SCALE)
  pen.drawImage(image, 0, 0, whole.width, whole.height)
  stage.redraw(SCALE)
  for (const { canvas } of stage.pens) pen.drawImage(canvas, place.x - whole.x, place.y - whole.y, place.width, place.height)
  stage.redraw()
  return new Promise(done => canvas.toBlob(done))
}
