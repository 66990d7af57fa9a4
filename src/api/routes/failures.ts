/** Finds failures in the log: machines that threw, and errors that the runner reports about itself. */
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'
import type { Failure } from '../contract/record.ts'

/** Most characters of an error's message in an answer. The record has the whole message. */
const MESSAGE_MAX = 500

export function failuresOf({ actor, seq, rev, at, event, emitted = [] }: TransitionRecord): Failure[] {
  const place = { actor, seq, rev, at, count: 1 }
  const { type, error, directive } = event
  if (type === 'outcry.failed')
    return [{ ...place, event: event.event.type, message: messageOf(error), action: directive.action }]
  return emitted
    .filter(isReport)
    .map(({ type: event, text }) => ({ ...place, event, message: cut(text as string) }))
}

/** Time in ms for which an actor counts as failing after its last failure. */
const LATELY_MS = 3_600_000
/** Records of one actor that are searched for its last failure. */
const HISTORY_MAX = 10_000

/** Returns whether an actor is in quarantine, restarts, has ended with an error, or has failed in the last hour. */
export function isFailing({ status, condition, failures }: Standing, now: number): boolean {
  if (status === 'error' || condition !== undefined) return true
  return failures !== undefined && status === 'active' && failures.lastAt > now - LATELY_MS
}

export type Standing = Pick<ActorView, 'status' | 'condition' | 'failures'>

/** Returns the last failure since the last release or restart by a person. `history` is one actor's, the newest record first. */
export async function lastFailure(history: AsyncIterable<TransitionRecord>): Promise<Failure | undefined> {
  let searched = 0
  for await (const record of history) {
    if (endsFailures(record) || ++searched > HISTORY_MAX) return undefined
    if (record.event.type === 'outcry.failed') return failuresOf(record)[0]
  }
  return undefined
}

/** Returns the view of an actor, with its last failure if it is failing, as `/actors` and the command line list it. */
export async function withFailure<V extends Standing & { readonly address: string }>(
  view: V,
  now: number,
  historyOf: (address: string, options: { reverse: true }) => AsyncIterable<TransitionRecord>,
): Promise<V & { readonly failure?: Failure }> {
  if (!isFailing(view, now)) return view
  const failure = await lastFailure(historyOf(view.address, { reverse: true }))
  return failure === undefined ? view : { ...view, failure }
}

/** Returns whether the failures before the record are of no interest any more. */
export function endsFailures({ event: { type, byHand } }: TransitionRecord): boolean {
  return type === 'outcry.released' || (type === 'outcry.restarted' && byHand === true)
}

/** Returns whether the runner reports an error that no other record has. An actor's failure has its own record. */
function isReport({ type, severity, text, about }: AnyEvent): boolean {
  if (type !== 'SYSTEM_ERROR' || typeof text !== 'string') return false
  return severity !== 'warning' && !text.startsWith(`${about} failed on `)
}

function messageOf({ name, message }: { name: string; message: string }): string {
  return cut(name === 'Error' ? message : `${name}: ${message}`)
}

function cut(text: string): string {
  return text.length > MESSAGE_MAX ? `${text.slice(0, MESSAGE_MAX)}…` : text
}
