/** Parses the frames of a feed client. */
import { PLAINLY } from '../../../errors/zod-issues.ts'
import { type ClientFrame, clientFrame } from '../contract/frames.ts'

/** Most subscriptions of one client. */
const SUBSCRIPTIONS_MAX = 64

/** Most objects and lists of a frame that are one within the other. Without it, a check of 64 KiB could fill the stack. */
const NESTING_MAX = 64

/** Returns the frame in a text. @throws ZodError, SyntaxError, RangeError */
export function parseFrame(data: string, subscriptions: number): ClientFrame {
  const given: unknown = JSON.parse(data)
  if (isDeeper(given, NESTING_MAX)) throw new RangeError(`a frame is at most ${NESTING_MAX} objects deep`)
  const frame = clientFrame.parse(given, PLAINLY)
  if (frame.op === 'subscribe' && subscriptions >= SUBSCRIPTIONS_MAX) {
    throw new RangeError(`at most ${SUBSCRIPTIONS_MAX} subscriptions a connection`)
  }
  return frame
}

function isDeeper(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return max === 0 || Object.values(value).some((inner) => isDeeper(inner, max - 1))
}
