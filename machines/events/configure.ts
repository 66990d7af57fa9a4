import { z } from 'zod'
import { epochMs } from '../model/fields.ts'

/** From the runner at a start to an actor that was made under another configuration: what that says by now. */
export function configure<Settings extends z.ZodType>(settings: Settings) {
  return z.object({ type: z.literal('CONFIGURE'), at: epochMs, settings })
}
