import type { Cell } from './cell.ts'
import { isLifecycle, type LifecycleEvent, UNSTASH_TIMER } from './lifecycle.ts'
import type { Message } from './message.ts'
import { decide } from './supervision.ts'
import type { Imposed, Turn, TurnContext } from './turn.ts'
import { TurnFailure } from './turn-failure.ts'
import { plainError } from './values.ts'

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
  const failures = [failure]
  const { to, event, cause, at, timer } = message
  // A message that was kept during a restart: it has had its turn, and those behind it get theirs.
  const keeper = timer?.id === UNSTASH_TIMER ? findAnyhow(context, to) : undefined
  const kept = keeper?.state.stash[0]
  const unstashed =
    keeper && kept ? [{ cell: keeper, event: { type: 'outcry.unstashed', at } as LifecycleEvent }] : []
  const bury = (turn: Turn) => {
    if (kept !== undefined) turn.bury(to, kept.event, 'failed', kept.seq, failure.cause)
    else if (!isLifecycle(event) || IS_SENT.includes(event.type))
      turn.bury(to, event, 'failed', cause, failure.cause)
  }
  for (;;) {
    const turn = makeTurn()
    const told = failures.length < FAILURES_MAX
    const isDeaf = (address: string) => !told || failures.some((f) => f.address === address)
    try {
      const failed = failures.flatMap((f) => failureOf(context, f, at))
      turn.impose(
        [...unstashed, ...(kept ? failed : usingUp(context, message, failed))],
        () => bury(turn),
        isDeaf,
      )
      return turn
    } catch (error) {
      if (!(error instanceof TurnFailure) || !told) throw error
      failures.unshift(error)
    }
  }
}

/** A timer whose turn failed has fired all the same: it must not fire again at every start. */
function usingUp(context: TurnContext, { to, at, timer }: Message, failed: readonly Imposed[]): Imposed[] {
  const owner = timer && findAnyhow(context, to)
  if (owner?.state.snapshot.status !== 'active') return [...failed]
  if (failed.some(({ cell }) => cell === owner))
    return failed.map((imposed) => (imposed.cell === owner ? { ...imposed, timer } : imposed))
  return [{ cell: owner, event: { type: 'outcry.timer', at }, timer }, ...failed]
}

function failureOf(context: TurnContext, { address, event, cause }: TurnFailure, at: number): Imposed[] {
  const cell = findAnyhow(context, address)
  // An actor that failed while it was being made does not exist, and one that cannot be read back is left alone.
  if (cell?.state.snapshot.status !== 'active') return []
  const isChild = cell.path.length > 0
  const supervision = isChild ? cell.kind.childSupervision : cell.kind.supervision
  const { directive, failures } = decide(supervision, cell.state.failures, at)
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
