/** A path in the state of an actor, as people write it: in the query of a URL, or on the command line. */
import { z } from 'zod'

const LENGTH_MAX = 256
/** A key, an index or a quoted key. A dot stands between a key and what is before it. */
const STEP = /(?:^|\.)([^.[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y

/**
 * Keys of objects and indexes of arrays, as code would write them. A key with a dot or a bracket is in brackets and quotes.
 *
 * @example
 * 'cumQty', 'legs[0].stopPx', 'positions["position/sim:BTCUSDT"].quantity'
 */
export const statePath = z
  .string()
  .max(LENGTH_MAX)
  .transform((text, context): readonly string[] => {
    const keys = keysOf(text)
    if (keys !== undefined) return keys
    context.addIssue({ code: 'custom', message: 'must be a path such as cumQty or legs[0].stopPx' })
    return z.NEVER
  })

function keysOf(text: string): string[] | undefined {
  const keys: string[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < text.length) {
    const step = STEP.exec(text)
    if (step === null) return undefined
    const [, key, index, quoted] = step
    const plain = quoted === undefined ? (key ?? index) : textIn(quoted)
    if (plain === undefined) return undefined
    keys.push(plain)
  }
  return keys.length === 0 ? undefined : keys
}

function textIn(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted)
  } catch {
    return undefined
  }
}
