/** Parses the frames of the feed's server and checks each once, as it comes in. */
import type { z } from 'zod'
import { OutcryError } from '../../errors/outcry-error.ts'
import { issuesOf, issuesText, PLAINLY } from '../../errors/zod-issues.ts'
import {
  batchFrame,
  caughtUpFrame,
  conflatedFrame,
  errorFrame,
  eventOnTopic,
  type FeedFrame,
  helloFrame,
  recordOnTopic,
  subscribedFrame,
} from '../api/contract/frames.ts'

const FRAMES = new Map<unknown, z.ZodType>([
  ['hello', helloFrame],
  ['subscribed', subscribedFrame],
  ['unsubscribed', subscribedFrame],
  ['caughtUp', caughtUpFrame],
  ['conflated', conflatedFrame],
  ['error', errorFrame],
  ['batch', batchFrame],
])

/**
 * Returns the frame in a text; undefined when it is of a later version. Unknown keys of a later version are kept.
 * @throws FRAME_INVALID
 */
export function frameOf(text: string): FeedFrame | undefined {
  const frame = parsed(text)
  const { op } = Object(frame) as { op?: unknown }
  const schema = op === 'event' ? ('record' in Object(frame) ? recordOnTopic : eventOnTopic) : FRAMES.get(op)
  if (schema === undefined && typeof op === 'string') return undefined
  if (schema === undefined) throw noFrame('op: must be text', [{ field: 'op', rule: 'must be text' }])
  const { error } = schema.safeParse(frame, PLAINLY)
  if (error === undefined) return frame as FeedFrame
  const issues = issuesOf(error, 'frame')
  throw noFrame(issuesText(issues), issues)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw noFrame('it is not JSON', [], cause)
  }
}

function noFrame(why: string, issues: OutcryError['issues'], cause?: unknown): OutcryError {
  const what = `the server sent a text that is not a frame: ${why}`
  return new OutcryError('FRAME_INVALID', what, 'Check that a runner of this version listens there.', {
    cause,
    issues,
  })
}
