/** Events of the components of the process: those they emit, and those that the process sends them. */
import { z } from 'zod'
import { byHand, epochMs, remark } from '../model/fields.ts'
import { base, EXAMPLE, event } from './shape.ts'

/** The person who asks for it. Both are absent when the process does it by itself. */
const asked = { by: byHand, reason: remark.optional() }
/** Its start begins: at a start of the process, after a failure, or because a person asks. */
export const componentStart = z.object({ type: z.literal('START'), at: epochMs, ...asked })
export const componentStartCompleted = z.object({ type: z.literal('START_COMPLETED'), at: epochMs })
export const componentStop = z.object({ type: z.literal('STOP'), at: epochMs, ...asked })
export const componentStopCompleted = z.object({ type: z.literal('STOP_COMPLETED'), at: epochMs })
/** It has failed: as it started, while it ran, or as it stopped. */
export const componentFault = z.object({
  type: z.literal('FAULT'),
  at: epochMs,
  reason: z.string(),
  /** Time until it is started again; absent when it is not. */
  retryInMs: z.number().int().nonnegative().optional(),
})

const ofComponent = { ...base, component: z.string().describe('The name of the component.') }

export const componentStarted = event('COMPONENT_STARTED', ofComponent, {
  ...EXAMPLE.base,
  component: 'news',
}).describe('A component of the process runs, at a start or again after a failure.')
export const componentStopped = event('COMPONENT_STOPPED', ofComponent, {
  ...EXAMPLE.base,
  component: 'news',
}).describe('A component of the process has stopped in order.')
export const componentFailed = event(
  'COMPONENT_FAILED',
  {
    ...ofComponent,
    reason: z.string(),
    retryInMs: z
      .number()
      .int()
      .describe('The time until the next start, in ms. Absent when there is no further start.')
      .optional(),
  },
  { ...EXAMPLE.base, component: 'news', reason: 'the wire is cut', retryInMs: 1_000 },
).describe('A component of the process has failed.')
