/**
 * Answers requests that may take minutes. A client gives up when nothing comes for some time (Node's `fetch` after five
 * minutes, many a proxy after one). So the answer begins after a while with spaces, which JSON allows, until the rest
 * is known.
 */

import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { isOutcryError } from '../../../store/index.ts'
import { type Problem, problemOf } from '../contract/problem.ts'
import { faultOf } from '../errors.ts'

const EVERY_MS = 20_000

/**
 * Answers normally if the work ends within `everyMs`. Work that fails later already has status 200. The body is then
 * the problem document, with the status that the answer would have had.
 */
export async function answerSlowly(
  reply: FastifyReply,
  work: Promise<object>,
  everyMs = EVERY_MS,
): Promise<unknown> {
  if ((await within(work, everyMs)) !== LATE) return work
  reply.type('application/json; charset=utf-8')
  return reply.send(Readable.from(spaced(work, everyMs)))
}

async function* spaced(work: Promise<object>, everyMs: number): AsyncGenerator<string> {
  const text = work.then(
    (value) => JSON.stringify(value),
    (error: unknown) => JSON.stringify(problemFor(error)),
  )
  for (;;) {
    yield ' '
    const answer = await within(text, everyMs)
    if (answer === LATE) continue
    yield answer
    return
  }
}

function problemFor(error: unknown): Problem {
  if (isOutcryError(error)) return problemOf(error)
  return faultOf(error instanceof Error ? error.message : String(error))
}

const LATE = Symbol('late')

/** Returns the result of the work, or LATE after `ms`. @throws the error of the work, if it fails within that time */
async function within<T>(work: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
