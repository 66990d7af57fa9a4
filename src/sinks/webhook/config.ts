import { z } from 'zod'
import { filter } from '../../api/contract/filter.ts'
import { eventPattern } from '../../runtime/events/event-pattern.ts'
import { addressField } from '../address.ts'
import { secretField } from '../variables.ts'
import { TEMPLATES } from './templates.ts'

/** The events that a person hears of by default. */
const FOR_PEOPLE = [
  'events.order_filled.>',
  'events.order_rejected.>',
  'events.order_discrepancy.>',
  'events.position_stop_triggered.>',
  'events.position_not_closed.>',
  'events.protective_orders_missing.>',
  'events.protective_orders_replaced.>',
  'events.circuit_breaker_triggered.>',
  'events.limit_breached.>',
  'events.manual_review_required.>',
  'events.account_not_flat.>',
  'events.component_failed.>',
  'events.system_error.>',
  'events.system_started.>',
  'events.system_stopped.>',
]

export const webhookConfig = z.object({
  url: addressField('https', 'http').describe(
    'The address that gets a POST. It may hold a key, so it can be a variable: see `sinks.md`. For Telegram it ends with `/sendMessage?chat_id=…`.',
  ),
  template: z
    .enum(TEMPLATES)
    .default('json')
    .describe('The form of the body: the events as JSON, or a text for people in the form of a service.'),
  title: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('The first words of each text for people, such as the name of the machine.'),
  secret: secretField
    .optional()
    .describe(
      'The key that bodies are signed with, as a variable. The header `X-Outcry-Signature` has the signature.',
    ),
  perMinute: z
    .number()
    .min(1)
    .max(6_000)
    .default(20)
    .describe('Messages a minute, at most. When more events come, several go together as one digest.'),
  topics: z
    .array(eventPattern)
    .min(1)
    .default(FOR_PEOPLE)
    .describe(
      'The events that it gets, as topics of the feed. The default is what a person wants to hear of.',
    ),
  filter: filter
    .default({ or: [{ not: { type: 'SYSTEM_ERROR' } }, { minSeverity: 'error' }] })
    .describe(
      'The events that it gets, as a filter of the feed. The default leaves out warnings of the process.',
    ),
  since: z
    .enum(['start', 'now'])
    .default('now')
    .describe('The place where a new sink begins: with the first event of the log, or with those to come.'),
})

export type WebhookConfig = z.infer<typeof webhookConfig>
