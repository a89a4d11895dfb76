// Answers of the server; what is wrong is thrown, and said in words.
import { parsed } from './dom.js'

export async function answerOf(path, query, options) {
  const asked = new URLSearchParams(query)
  asked.set('lang', document.documentElement.dataset.language)
  const answer = await fetch(`/explorer/${path}?${asked}`, options).catch(missed)
  if (!answer.ok) throw wrong(await answer.json().catch(() => ({})))
  return answer
}

export async function told(path, query, options) { return (await answerOf(path, query, options)).json() }

// Markup that the server writes, as nodes.
export async function markup(path, query, options) { return parsed(await (await answerOf(path, query, options)).text()) }

// An error that knows what the server told: a problem, or that it is away.
export function wrong(told) { return Object.assign(new Error(told.problem ?? ''), { told }) }

// Where an answer is missed, unless nobody wants it any more.
export function missed(error) {
  if (error.name === 'AbortError') throw error
  dispatchEvent(new Event('explorer.away'))
  throw wrong({ away: true })
}

// What is wrong, in words of the page.
export function explain(error, words) {
  if (!error.told) throw error
  return error.told.problem ?? words.away
}
