// What the dots' colours can mean: by main app, by carrier, by the offer that brought them, by who pays; or how all
// users stand to one app.

import echarts from './echarts.js'
import { kinds as differing, lensed } from './lens.js'

const { pale: PALE, none: NONE, cohorts: COHORTS, payers: PAYERS } = echarts.palette

export const COMMON = ['main', 'carrier', 'cohort', 'payer']

// Kinds of dots of a view, in the order of its film's numbers: { label, help?, color, pale?, core?, view? }.
export function kindsOf(view, run, words) {
  const { apps, carriers } = run.start
  if (view === 'main') return apps.map(app => ({ ...app, view: app.name }))
  if (view === 'carrier') return carriers
  if (view === 'payer') {
    return [{ label: words.no_data, color: PALE }, { label: words.own_bill, color: NONE },
      ...['app', 'carrier', 'owner', 'user'].map((who, i) => ({ label: words[`pays_${who}`], color: PAYERS[i] }))]
  }
  if (view === 'cohort') {
    const color = i => COHORTS[i % COHORTS.length]
    return [{ label: words.no_offer, color: PALE }, ...run.offers.flatMap(({ label }, i) => [
      { label, color: color(i) }, { label: `${label} · ${words.gone_silent}`, color: color(i), pale: true }])]
  }
  if (lensed(view)) return differing(words)
  const app = apps.find(a => a.name === view)
  const { glossary } = words
  return [{ label: words.unaware, help: glossary.unaware, color: PALE }, { label: words.aware, help: glossary.aware, color: NONE },
    { label: words.silent, help: glossary.silent, color: app.color, pale: true }, { label: words.active, help: glossary.active, color: app.color },
    { label: words.free, help: glossary.free, color: app.color, core: true }]
}

// The view of this name, or the one that is always there; `base`: the run that the lens looks through, if any.
export function knownView(name, run, base) {
  const [lens, known] = [lensed(name), app => run.start.apps.some(({ name }) => name && name === app)]
  if (lens) return known(lens) ? (base ? name : lens) : 'main'
  return COMMON.includes(name) || known(name) ? name : 'main'
}
