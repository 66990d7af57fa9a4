/** Makes the answer to a command from the log, so the same command sent again gets the same answer. */
import { compact } from '../../../errors/compact.ts'
import type { OutcryError } from '../../../store/index.ts'
import type { Receipt } from '../../runtime/commit/job.ts'
import { type EventEnvelope, envelopesOf } from '../../runtime/events/envelope.ts'
import { type Address, DEAD_LETTERS } from '../../runtime/record/address.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'
import { jsonEqual } from '../../runtime/record/values.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { keyReused, refusal } from '../../runtime/turn/refusal.ts'
import { type Problem, problemOf } from '../contract/problem.ts'
import type { AnswerOf } from '../contract/route.ts'
import type { routes } from '../contract/routes.ts'

type Taken = AnswerOf<typeof routes.send>

/** Most records of the command's turn. Events of later ones are left out of the answer. */
const RECORDS_MAX = 1_000
const UNHANDLED_HINT =
  'Nothing has changed. `GET /actors/{address}/machine` shows what the actor takes in each state.'

/**
 * Returns the answer to a command.
 * @throws KEY_REUSED; the first error again, for a duplicate of a command that reached no actor
 */
export async function commandAnswer(
  supervisor: Supervisor,
  address: Address,
  event: AnyEvent,
  { seq, duplicate }: Receipt,
): Promise<Taken | (Taken & Problem)> {
  const records = await turnAt(supervisor, seq)
  const isSame = (one: AnyEvent) => jsonEqual(one, { at: one.at, ...event })
  const taken = records.find((record) => record.actor === address && isSame(record.event))
  if (taken === undefined) throw notTaken(records, address, isSame)
  const state = records.findLast(({ actor }) => actor === address)?.to
  const events = records.flatMap(envelopesOf)
  const answer = compact({ seq, duplicate, state, events })
  const refusals = events.filter((one) => isRefusal(supervisor, one))
  if (refusals.length > 0) return { ...refusedBy(refusals), ...answer }
  // The message to the other actor has not reached it: the command has not done what it is for. One that has ended, or
  // never was, is missed by nobody.
  const letters = records.filter(({ actor }) => actor === DEAD_LETTERS).map(({ event }) => event)
  const letter = letters.find(({ reason }) => reason === 'quarantined')
  if (letter !== undefined)
    return { ...problemOf(refusal(letter.reason, letter.to, letter.event)), ...answer }
  if (!taken.unhandled) return answer
  const message = `${address} does nothing about ${event.type} in its state ${JSON.stringify(state)}`
  const unhandled = { code: 'EVENT_UNHANDLED', message, hint: UNHANDLED_HINT, issues: [] }
  return { ...problemOf(unhandled), ...answer }
}

/** Returns the records of the turn that begins with this seq. */
export async function turnAt(supervisor: Supervisor, seq: number): Promise<readonly TransitionRecord[]> {
  const records: TransitionRecord[] = []
  for await (const record of supervisor.read({ fromSeq: seq, limit: RECORDS_MAX })) {
    if (record.turn !== (records[0] ?? record).turn) break
    records.push(record)
  }
  return records
}

function notTaken(
  records: readonly TransitionRecord[],
  address: Address,
  isSame: (event: AnyEvent) => boolean,
): OutcryError {
  const letter = records.find(({ actor }) => actor === DEAD_LETTERS)?.event
  if (letter?.to === address && isSame(letter.event)) return refusal(letter.reason, address, letter.event)
  return keyReused(records[0]?.seq)
}

function isRefusal({ registry }: Supervisor, { actor, event }: EventEnvelope): boolean {
  return registry.find(actor)?.refusals?.includes(event.type) ?? false
}

/** Returns the refusal of an actor. Its code is the type of the first event that refuses. */
function refusedBy(refusals: readonly EventEnvelope[]): Problem {
  const issues = refusals.map(
    ({ event: { type, text = type, rule = text, check = 'event', field = check } }) => ({
      field: String(field),
      rule: String(rule),
    }),
  )
  const { type: code = '', actor } = refusals[0] ?? {}
  const message = `${actor} refused it: ${issues[0]?.rule}`
  const hint = 'Change the request; `events` has all its effects.'
  return problemOf({ code, message, hint, issues }, 'COMMAND_REFUSED')
}
