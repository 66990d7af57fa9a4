import type { Ref, RefHost } from '../record/ref.ts'
import type { XStateChild } from './child.ts'
import type { TakenTransition } from './effect.ts'
import { guardName } from './guard-name.ts'

interface XStateTransition {
  source: { id: string }
  target?: { id: string }[]
  eventType: string
  guard?: unknown
}

/** The part of the scope that the system needs. */
interface SystemHost {
  readonly watching: boolean
  lookup(name: string): Ref | undefined
  lookupAll(): Record<string, Ref | undefined>
}

/** Returns XState's ActorSystem, as far as machines and XState's actors for children call it. */
export function makeSystem(
  scope: SystemHost,
  relay: RefHost['relay'],
  on: {
    onTaken: (transition: TakenTransition) => void
    onChild: (child: XStateChild) => void
    onSystemId: (systemId: string, child: XStateChild) => void
  },
): RefHost {
  let booked = 0
  const system = {
    relay,
    _relay: relay,
    get: (name: string) => scope.lookup(name),
    getAll: () => scope.lookupAll(),
    _bookId: () => `x:${booked++}`,
    _register: (sessionId: string) => sessionId,
    _unregister: () => {},
    _set: on.onSystemId,
    _sendInspectionEvent: (event: {
      type: string
      actorRef?: unknown
      _transitions?: XStateTransition[]
    }) => {
      if (event.type === '@xstate.actor') on.onChild(event.actorRef as XStateChild)
      if (!scope.watching || event.type !== '@xstate.microstep') return
      for (const t of event._transitions ?? []) on.onTaken(takenTransition(t))
    },
    _clock: { setTimeout: () => 0, clearTimeout: () => {} },
    _logger: () => {},
    _snapshot: { _scheduledEvents: {} },
    scheduler: { schedule: () => {}, cancel: () => {}, cancelAll: () => {} },
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: () => {},
    inspect: () => ({ unsubscribe: () => {} }),
  }
  return system
}

function takenTransition({ source, target, eventType, guard }: XStateTransition): TakenTransition {
  const taken = { source: source.id, targets: target?.map((s) => s.id) ?? [], eventType }
  return guard === undefined ? taken : { ...taken, guard: guardName(guard) }
}
