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

/** Actors that may fail one after another over the same message before nobody is told of it any more. */
const FAILURES_MAX = 16
/** What running parts send of the runtime's own events: nothing else would tell of it. */
const IS_SENT: readonly string[] = ['outcry.threw', 'outcry.emitted']

/**
 * The turn that follows a failed one, which was undone (law 8): the failure is put on record, the message becomes a
 * dead letter, and each failed actor's supervision is carried out. An actor that throws on what follows from that (a
 * parent on the news of its child) has failed, too, and is told nothing more of it.
 */
export function failTurn(
  context: TurnContext,
  makeTurn: () => Turn,
  message: Message,
  failure: TurnFailure,
): Turn {
  const { to, event, cause, at, timer } = message
  const failures = [failure]
  // An actor that cannot start over has failed, whoever threw: nothing else would have it try again.
  if (timer?.id === RESTART_TIMER && failure.address !== to)
    failures.unshift(new TurnFailure(to, event, failure.cause))
  // A message that was kept during a restart: it has had its turn, and those behind it get theirs.
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

/** A timer whose turn failed has fired all the same: it must not fire again at every start. */
function usingUp(context: TurnContext, { to, at, timer }: Message, failed: readonly Signaled[]): Signaled[] {
  const owner = timer && findAnyhow(context, to)
  if (owner?.state.snapshot.status !== 'active') return [...failed]
  if (failed.some(({ cell }) => cell === owner))
    return failed.map((signaled) =>
      signaled.cell === owner && !isStillDue(timer, signaled) ? { ...signaled, timer } : signaled,
    )
  return [{ cell: owner, event: { type: 'outcry.timer', at }, timer }, ...failed]
}

/** A restart that ends in quarantine is due at the release: it is what the actor needs. */
function isStillDue(timer: ScheduledTimer | undefined, { event }: Signaled): boolean {
  const isQuarantined = event.type === 'outcry.failed' && event.directive.action === 'quarantine'
  return timer?.id === RESTART_TIMER && isQuarantined
}

function failureOf(context: TurnContext, { address, event, cause }: TurnFailure, at: number): Signaled[] {
  const cell = findAnyhow(context, address)
  // An actor that failed while it was being made does not exist, and one that cannot be read back is left alone.
  if (cell?.state.snapshot.status !== 'active') return []
  const isChild = cell.path.length > 0
  const supervision = isChild ? cell.kind.childSupervision : cell.kind.supervision
  const { directive: decided, failures } = decide(supervision, cell.state.failures, at)
  // Without children and timers it cannot go on as if nothing had come.
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
    // Why not is what the failure itself says.
    return undefined
  }
}
