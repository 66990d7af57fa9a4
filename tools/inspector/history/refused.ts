/** The faults that the contract would find in a question to a history. The page says so, and does not ask. Pure. */
import { routes } from '../../../src/client/index.ts'
import type { Asked } from './asked.ts'

/** The fields by the names that a person sees. */
const NAMES: Readonly<Record<string, string>> = {
  type: 'The event',
  text: 'The text',
  changed: 'What changed',
  is: 'The value',
}

/** Returns the part of a question that the server is asked. */
export function asQuery({ type, text, changed, is }: Asked) {
  return {
    ...(type !== '' && { type }),
    ...(text !== '' && { text }),
    ...(changed !== '' && { changed }),
    ...(changed !== '' && is !== '' && { is }),
  }
}

/**
 * Returns why the contract refuses a question; undefined when it takes it.
 *
 * @example refusalOf({ type: '', text: '', changed: 'legs[', is: '' }) // 'What changed must be a path such as cumQty or legs[0].stopPx.'
 */
export function refusalOf(asked: Asked): string | undefined {
  const { error } = routes.history.query.safeParse(asQuery(asked))
  if (error === undefined) return undefined
  const texts = error.issues.map((issue) => {
    const rule = issue.code === 'too_big' ? `must have at most ${issue.maximum} characters` : issue.message
    return `${NAMES[String(issue.path[0])] ?? 'The question'} ${rule}.`
  })
  return texts.join(' ')
}
