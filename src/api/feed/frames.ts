/** Reads what a client of the feed says. */
import { type ClientFrame, clientFrame } from '../contract/frames.ts'

/** Subscriptions of one client. */
const SUBSCRIPTIONS_MAX = 64

/** @throws ZodError, SyntaxError, RangeError */
export function parseFrame(data: string, subscriptions: number): ClientFrame {
  const frame = clientFrame.parse(JSON.parse(data))
  if (frame.op === 'subscribe' && subscriptions >= SUBSCRIPTIONS_MAX) {
    throw new RangeError(`at most ${SUBSCRIPTIONS_MAX} subscriptions a connection`)
  }
  return frame
}
