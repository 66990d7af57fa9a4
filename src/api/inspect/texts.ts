/** Writes the frames about an actor. One that cannot be written costs its actor that frame, and nobody anything else. */
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { plainError } from '../../runtime/record/values.ts'
import type { Protocol, Seen, Step } from './steps.ts'

/** Returns the texts that introduce an actor. Where its machine cannot be written, it has none, and the reason follows. */
export function introductionTexts(protocol: Protocol, seen: Seen): readonly string[] {
  try {
    return textsOf(protocol.introduction(seen))
  } catch (error) {
    const why = unwritten(seen.address, error)
    if (seen.machine === undefined) return [why]
    return [...introductionTexts(protocol, { ...seen, machine: undefined }), why]
  }
}

/** Returns the texts of a record, or the reason why there are none. */
export function stepTexts(protocol: Protocol, step: Step): readonly string[] {
  try {
    return textsOf(protocol.step(step))
  } catch (error) {
    return [unwritten(step.record.actor, error)]
  }
}

/** Returns the frame that says what of an actor does not come, and why. */
export function unwritten(address: string, error: unknown): string {
  const code = isOutcryError(error) ? error.code : 'INTERNAL'
  const { message } = plainError(error)
  return JSON.stringify({ op: 'error', code, message: `${address} cannot be shown in full: ${message}` })
}

function textsOf(frames: readonly object[]): readonly string[] {
  return frames.map((frame) => JSON.stringify(frame))
}
