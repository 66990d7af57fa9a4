/** Judges how an actor stands, for lists: whether it has failed, and whether it may still act. Pure. */
import type { ActorSummary } from './record.ts'

/** The parts of an actor that say how it stands. */
export type Standing = Pick<ActorSummary, 'address' | 'status' | 'condition' | 'error' | 'value' | 'tags'>

export type Trouble = 'quarantined' | 'restarting' | 'error' | 'stopped'

/**
 * Returns the trouble of an actor; undefined when it has none. One that was stopped on purpose has none.
 *
 * @example troubleOf({ status: 'active', condition: 'quarantined', ... }) // 'quarantined'
 */
export function troubleOf({
  status,
  condition,
  error,
}: Pick<Standing, 'status' | 'condition' | 'error'>): Trouble | undefined {
  if (status === 'active') return condition
  if (status === 'error') return 'error'
  return status === 'stopped' && error !== undefined && error !== null ? 'stopped' : undefined
}

/** Returns whether an actor may still act. One that is quarantined or restarts does; a position that is flat does not. */
export function isOpen({ address, status, condition, tags }: Standing): boolean {
  if (status !== 'active') return false
  if (condition !== undefined) return true
  return address.startsWith('position/') ? tags.includes('open') : !tags.includes('closed')
}

/** Returns whether an order came to a bad end: a person looks for such orders as for failed actors. */
export function isRefused({ address, value }: Pick<Standing, 'address' | 'value'>): boolean {
  if (!address.startsWith('order/') || typeof value !== 'object') return false
  return ['rejected', 'denied'].includes(String(value.execution))
}

/** Returns whether an actor has failed or was refused. */
export function isFailed(actor: Standing): boolean {
  return troubleOf(actor) !== undefined || isRefused(actor)
}
