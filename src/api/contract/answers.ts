/** The answers of routes, besides records, actors and events. */
import { z } from 'zod'
import { eventEnvelope } from './envelope.ts'
import { position, recordTime, stateValue } from './fields.ts'
import { problem } from './problem.ts'

/** A part of the runner. @example { name: 'news', state: 'FAILED', reason: 'the wire is cut' } */
export const componentHealth = z.object({
  name: z.string().describe('name of the component; its actor is `component/<name>`'),
  state: z.enum(['INITIALIZING', 'RUNNING', 'STOPPING', 'STOPPED', 'FAILED']),
  reason: z
    .string()
    .optional()
    .describe('why it has failed or is not healthy; only a request with the token of the server gets it'),
  isOptional: z.literal(true).optional().describe('present when the run goes on without it'),
})
export type ComponentHealth = Readonly<z.output<typeof componentHealth>>

const health = z.object({
  status: z
    .enum(['ok', 'degraded'])
    .describe('`degraded`: actors are in quarantine, or a component has failed or is not healthy'),
  version: z.string().describe('version of Outcry'),
  seq: position.describe('seq of the last record'),
  epoch: z.int().describe('grows with each start on this log'),
  residents: position.describe('actors in memory'),
  unsettledIntents: position.describe('messages to ports that have no outcome'),
  quarantined: position.describe('actors in quarantine'),
  access: z
    .enum(['read', 'control'])
    .optional()
    .describe('what the sender may do; absent when the server requires a token and it has sent none'),
  refused: z.record(z.string(), position).optional().describe('number of refused market messages, by reason'),
  components: z
    .array(componentHealth)
    .optional()
    .describe(
      'the parts of the runner, in the order of their start; absent in a program with its own supervisor',
    ),
})

/** @example { status: 'ok', version: '0.1.0', seq: 1234, epoch: 3, residents: 12, unsettledIntents: 0, quarantined: 0 } */
export const healthy = health

/** The answer when the store takes no more commits: the same facts, but for their `status`, and the refusal. */
export const fenced = health.extend(problem.shape)

/** @example { status: 'ready' } */
export const ready = z.object({ status: z.literal('ready') })

/** @example { code: 'NOT_READY', waitsFor: [{ name: 'market', state: 'INITIALIZING', reason: 'it starts' }], ... } */
export const notReady = problem.extend({
  waitsFor: z
    .array(componentHealth)
    .describe('the parts that are needed and do not run, in the order of their start'),
})

/** @example { commits: 40, records: 1234, actors: 12, snapshots: 12, live: 12, problems: [] } */
export const verification = z.object({
  commits: position,
  records: position,
  actors: position,
  snapshots: position.describe('stored snapshots that were compared'),
  live: position.describe('actors that were compared with memory'),
  reports: position.optional().describe("checked reports in the venue's books"),
  problems: z.array(z.object({ seq: position, actor: z.string(), code: z.string(), message: z.string() })),
})

/**
 * The outcome of a command, as the log has it.
 *
 * @example
 * { seq: 1234, duplicate: false, state: 'active', events: [{ type: 'ORDER_CREATED', ... }] }
 */
export const taken = z.object({
  seq: position.describe('seq of the record of the command'),
  duplicate: z.boolean().describe('whether an earlier request with the same Idempotency-Key got this answer'),
  state: stateValue.optional().describe('state of the actor after the command'),
  events: z.array(eventEnvelope).describe('events that the command led to'),
})
/** The answer when the command is on record and its request was refused. */
export const takenAndRefused = taken.extend(problem.shape)

const seqOfAct = position.describe('seq of the record that says who asked')
const duplicate = z
  .literal(true)
  .optional()
  .describe('present when an earlier request with the same Idempotency-Key did it')

/** The outcome of what was done to an actor. @example { seq: 1234, address: 'emaCross/btc', state: 'running' } */
export const actorActed = z.object({
  seq: seqOfAct,
  address: z.string(),
  state: stateValue.optional().describe('state of the actor now'),
  duplicate,
})

/** The outcome of what was done to a dead letter. @example { seq: 1234, letter: 1200 } */
export const letterSettled = z.object({
  seq: position.describe('seq of the record that took the message, or that dropped it'),
  letter: position.describe('seq of the dead letter'),
  duplicate,
})

/** The outcome of the restart of a component. @example { seq: 1234, name: 'news', state: 'RUNNING' } */
export const componentActed = componentHealth.extend({ seq: seqOfAct, duplicate })

export const decimal = z.string().describe('a decimal number as text, like "61837.63"')

const heldPosition = z.object({
  address: z.string(),
  symbol: z.string(),
  quantity: decimal.describe('below 0 for a short position'),
  markPx: decimal,
  settleAsset: z.string(),
  avgPx: decimal,
  unrealizedPnl: decimal,
})

const workingOrder = z.object({
  address: z.string(),
  symbol: z.string(),
  positionSide: z.string().optional(),
  side: z.enum(['BUY', 'SELL']),
  ordType: z.string(),
  leavesQty: decimal.describe('quantity that is not executed yet'),
  price: decimal.optional(),
  stopPx: decimal.optional(),
  reduceOnly: z.boolean().optional(),
})

/**
 * An account at the last prices. Amounts are in its asset.
 *
 * @example
 * { address: 'account/sim', seq: 1234, at: 1723161255343, venue: 'sim', asset: 'USDT', tradingState: 'active',
 *   equity: '100012.5', dailyPnl: '12.5', drawdownPct: '0', unrealizedPnl: '2.5', positions: [...], orders: [...] }
 */
export const account = z.object({
  address: z.string(),
  seq: position,
  at: recordTime,
  venue: z.string(),
  asset: z.string(),
  tradingState: stateValue,
  breaker: z.unknown().optional().describe('the losses that have halted trading'),
  review: z
    .unknown()
    .optional()
    .describe('the review that a person must acknowledge before the account trades'),
  equity: decimal,
  dailyPnl: decimal,
  drawdownPct: decimal,
  unrealizedPnl: decimal,
  positions: z.array(heldPosition),
  orders: z.array(workingOrder),
})

const transition = z.object({
  source: z.string(),
  targets: z.array(z.string()).describe('ids of states; none when the machine stays where it is'),
  eventType: z.string(),
  kind: z.enum(['event', 'always', 'after', 'done', 'error']),
  delay: z.string().optional().describe('ms, or the name of a delay'),
  guard: z.string().optional(),
  actions: z.array(z.string()),
})

/** A state of a machine, as a diagram needs it. The root is the machine itself. */
export const stateDefinition = z
  .object({
    id: z.string(),
    key: z.string(),
    type: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']),
    initial: z.string().optional().describe('id of the state that is entered first'),
    description: z.string().optional(),
    tags: z.array(z.string()),
    invoke: z.array(z.object({ id: z.string(), src: z.string() })),
    entry: z.array(z.string()),
    exit: z.array(z.string()),
    transitions: z.array(transition),
    get states() {
      return z.array(stateDefinition)
    },
  })
  .meta({ id: 'StateDefinition' })

/** The count of a transition. Transitions that differ in their actions alone are counted together. */
export const transitionCount = z.object({
  source: z.string().describe('id of the state that it left'),
  targets: z.array(z.string()).describe('ids of states; none when the machine stayed where it was'),
  eventType: z.string().describe('type of the event; empty for `always`'),
  guard: z.string().optional().describe('name of its guard; absent when it has none'),
  count: position.describe('how often it was taken; 0 when no actor took it'),
  actors: position.describe('how many actors took it'),
})

/**
 * The counts of a machine's transitions, by the actors with the latest records. Of a long life it has the beginning and the
 * end. So what is missing here has not been in the records that were read, and with `whole` never.
 *
 * @example
 * { kind: 'order', version: '7', seq: 44237, actors: 83, records: 912,
 *   of: { actors: 83, records: 912 }, whole: true, entered: ['order', 'order.execution', ...],
 *   transitions: [{ source: 'order.execution.accepted', targets: ['order.execution.filled'], eventType: 'EXECUTION_REPORT', count: 13, actors: 13 }] }
 */
export const coverage = z.object({
  kind: z.string(),
  version: z.string(),
  seq: position.describe('seq of the last record when the count began'),
  actors: position.describe('number of actors whose records were replayed'),
  records: position.describe('number of their records that were replayed'),
  of: z
    .object({
      actors: position,
      records: position.optional().describe('absent when there are more than 1,000 actors'),
    })
    .describe('number of all actors of the kind, and of all of their records'),
  whole: z
    .boolean()
    .describe('true when all records of all actors of the kind were replayed: a count of 0 then means never'),
  entered: z
    .array(z.string())
    .describe(
      'ids of the states in which an actor was in these records, or is: up to 1,000 actors are asked where they are',
    ),
  transitions: z.array(transitionCount).describe('every transition of the machine'),
})

/** The statechart of a kind, in one of its versions. */
export const machineOfKind = z.object({
  kind: z.string(),
  version: z.string(),
  versions: z.array(z.string()).describe('all versions that the server has, the present one first'),
  chart: stateDefinition,
})
