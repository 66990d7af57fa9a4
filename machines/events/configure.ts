import { z } from 'zod'
import { epochMs } from '../model/fields.ts'

/**
 * Returns the schema of the event that the runner sends at a start to an actor with another configuration: the settings of today.
 */
export function configure<Settings extends z.ZodType>(settings: Settings) {
  return z.object({ type: z.literal('CONFIGURE'), at: epochMs, settings })
}
