/** Parses the frames of a feed client. */
import { type ClientFrame, clientFrame } from '../contract/frames.ts'

/** Most subscriptions of one client. */
const SUBSCRIPTIONS_MAX = 64

/** Returns the frame in a text. @throws ZodError, SyntaxError, RangeError */
export function parseFrame(data: string, subscriptions: number): ClientFrame {
  const frame = clientFrame.parse(JSON.parse(data))
  if (frame.op === 'subscribe' && subscriptions >= SUBSCRIPTIONS_MAX) {
    throw new RangeError(`at most ${SUBSCRIPTIONS_MAX} subscriptions a connection`)
  }
  return frame
}
