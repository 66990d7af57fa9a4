import type { Cell } from '../actors/cell.ts'
import { waitsForRestart } from '../actors/restart.ts'
import { isSignal, RESTART_TIMER, type Signal, UNSTASH_TIMER } from '../actors/signals.ts'
import { type Directive, decide } from '../actors/supervision.ts'
import type { ScheduledTimer } from '../record/record.ts'
import { plainError } from '../record/values.ts'
import type { Message } from './message.ts'
import type { Signaled, Turn } from './turn.ts'
import type { TurnContext } from './turn-context.ts'
import { TurnFailure } from './turn-failure.ts'

/** Maximum number of actors that fail one after another over the same message. After that no actor is told of it. */
const FAILURES_MAX = 16
/** The runtime's own events that running parts send. A dead letter keeps them, because nothing else reports them. */
const IS_SENT: readonly string[] = ['outcry.threw', 'outcry.emitted']

/**
 * Returns the turn that follows an undone one (law 8). It records the failure, moves the message to dead letters, and
 * applies the supervision of each failed actor. An actor that throws on a consequence (a parent on the error of its
 * child) has failed, too, and gets no further message about it.
 */
export function failTurn(
  context: TurnContext,
  makeTurn: () => Turn,
  message: Message,
  failure: TurnFailure,
): Turn {
  const { to, event, cause, at, timer } = message
  const failures = [failure]
  // An actor that cannot start over has failed, even when another actor threw: nothing else makes it try again.
  if (timer?.id === RESTART_TIMER && failure.address !== to)
    failures.unshift(new TurnFailure(to, event, failure.cause))
  // The message was stashed during a restart. It has had its turn, and the messages behind it get theirs.
  const keeper = timer?.id === UNSTASH_TIMER ? findAnyhow(context, to) : undefined
  const kept = keeper?.state.stash[0]
  const unstashed =
    keeper && kept ? [{ cell: keeper, event: { type: 'outcry.unstashed', at } as Signal }] : []
  const toDeadLetter = (turn: Turn) => {
    if (kept !== undefined) turn.toDeadLetter(to, kept.event, 'failed', kept.seq, failure.cause)
    else if (!isSignal(event) || IS_SENT.includes(event.type))
      turn.toDeadLetter(to, event, 'failed', cause, failure.cause)
  }
  for (;;) {
    const turn = makeTurn()
    const isHeard = failures.length < FAILURES_MAX
    const isExcluded = (address: string) => !isHeard || failures.some((f) => f.address === address)
    try {
      const failed = failures.flatMap((f) => failureOf(context, f, at))
      turn.signal(
        [...unstashed, ...(kept ? failed : usingUp(context, message, failed))],
        () => toDeadLetter(turn),
        isExcluded,
      )
      return turn
    } catch (error) {
      if (!(error instanceof TurnFailure) || !isHeard) throw error
      failures.unshift(error)
    }
  }
}

/** Marks the timer of a failed turn as fired. Otherwise it would fire again at every start. */
function usingUp(context: TurnContext, { to, at, timer }: Message, failed: readonly Signaled[]): Signaled[] {
  const owner = timer && findAnyhow(context, to)
  if (owner?.state.snapshot.status !== 'active') return [...failed]
  if (failed.some(({ cell }) => cell === owner))
    return failed.map((signaled) =>
      signaled.cell === owner && !isStillDue(timer, signaled) ? { ...signaled, timer } : signaled,
    )
  return [{ cell: owner, event: { type: 'outcry.timer', at }, timer }, ...failed]
}

/** Returns whether the signal quarantines an actor whose restart was due. The restart stays due for the release. */
function isStillDue(timer: ScheduledTimer | undefined, { event }: Signaled): boolean {
  const isQuarantined = event.type === 'outcry.failed' && event.directive.action === 'quarantine'
  return timer?.id === RESTART_TIMER && isQuarantined
}

function failureOf(context: TurnContext, { address, event, cause }: TurnFailure, at: number): Signaled[] {
  const cell = findAnyhow(context, address)
  // An actor that failed while it was created does not exist. An actor that cannot be restored is left alone.
  if (cell?.state.snapshot.status !== 'active') return []
  const isChild = cell.path.length > 0
  const supervision = isChild ? cell.kind.childSupervision : cell.kind.supervision
  const { directive: decided, failures } = decide(supervision, cell.state.failures, at)
  // An actor that waits for its restart has no children and no timers, so it cannot go on.
  const cannotResume = decided.action === 'resume' && waitsForRestart(cell.state)
  const directive: Directive = cannotResume ? { action: 'quarantine' } : decided
  return [
    { cell, event: { type: 'outcry.failed', at, error: plainError(cause), event, directive, failures } },
  ]
}

function findAnyhow({ actors }: TurnContext, address: TurnFailure['address']): Cell | undefined {
  try {
    return actors.find(address)
  } catch {
    // The failure itself says why the actor cannot be restored.
    return undefined
  }
}
