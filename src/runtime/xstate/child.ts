/** Checks the children that XState makes, and makes the references that replace them. */

import { OutcryError } from '../../../errors/outcry-error.ts'
import { type Address, childOf, parseAddress } from '../record/address.ts'
import { Ref, type RefHost } from '../record/ref.ts'

/**
 * Maximum number of children of one actor, including children that have ended and are not stopped. XState copies all of
 * them for each one that is spawned or stopped. So this number in one turn takes a few seconds of a core, and twice as
 * many take four times as long.
 */
export const CHILDREN_MAX = 5_000
/** Maximum length of a system id, in characters. */
export const SYSTEM_ID_LENGTH_MAX = 1_024

/** The actor that XState makes for a child, before a Ref replaces it. */
export interface XStateChild {
  id: string
  sessionId: string
  src: unknown
  systemId?: string
  _syncSnapshot?: boolean
  _parent?: unknown
  options?: { input?: unknown }
  getSnapshot(): { status: string }
}

/**
 * Checks that a child can be found again after a restart.
 * @throws CHILD_UNKNOWN, CHILD_INLINE, CHILD_ID_REQUIRED, ADDRESS_INVALID, VALUE_TOO_LARGE
 */
export function checkChild(
  self: Ref,
  child: XStateChild | undefined,
  src: unknown,
  replays: boolean,
): XStateChild {
  if (child === undefined) {
    throw new OutcryError(
      'CHILD_UNKNOWN',
      `${self.address} spawns "${String(src)}", which its machine does not define`,
      'Name it in setup({ actors: { ... } }).',
    )
  }
  if (typeof src !== 'string') {
    throw new OutcryError(
      'CHILD_INLINE',
      `${self.address} spawns a child from inline logic, which could not be found again after a restart`,
      "Name the logic in setup({ actors: { child } }) and spawn it by name: spawnChild('child', { id: '...' }).",
    )
  }
  if (child.id === child.sessionId) {
    throw new OutcryError(
      'CHILD_ID_REQUIRED',
      `${self.address} spawns "${src}" without an id; it would have another one after a restart`,
      `Give it one: spawnChild('${src}', { id: '...' }).`,
    )
  }
  parseAddress(childOf(self.address, child.id))
  if (!replays && child.systemId !== undefined && child.systemId.length > SYSTEM_ID_LENGTH_MAX)
    throw systemIdTooLong(self.address, child.systemId)
  return child
}

/** Returns the reference that replaces a child that XState made. */
export function childRef(system: RefHost, self: Ref, child: XStateChild): Ref {
  return new Ref(system, childOf(self.address, child.id), child.id, self, {
    src: child.src as string,
    systemId: child.systemId,
    syncSnapshot: child._syncSnapshot,
  })
}

export function addressOfChild(child: XStateChild): Address {
  const parent = child._parent
  return childOf(parent instanceof Ref ? parent.address : addressOfChild(parent as XStateChild), child.id)
}

export function tooManyChildren(parent: Address): OutcryError {
  return new OutcryError(
    'CHILDREN_TOO_MANY',
    `${parent} has ${CHILDREN_MAX} children, and spawns one more`,
    'Stop those that have done their work, spread them over several parents, or make them actors of their own: see activate.',
  )
}

function systemIdTooLong(parent: Address, systemId: string): OutcryError {
  return new OutcryError(
    'VALUE_TOO_LARGE',
    `${parent} gives a child the system id "${systemId.slice(0, 80)}...", of ${systemId.length} characters`,
    `Give it one of at most ${SYSTEM_ID_LENGTH_MAX} characters.`,
  )
}
