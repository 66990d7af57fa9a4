/** Makes random logs whose beginning lies in small files of the archive, and opens them with what deletes it. */
import { assign, emit, sendTo, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { RetentionOptions } from '../../src/runtime/commit/retention.ts'
import { type Logger, silentLogger } from '../../src/runtime/logger.ts'
import type { Port } from '../../src/runtime/port.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import type { Store } from '../../store/index.ts'

/** Records behind those in the archive. */
const BEHIND = 60
export const ACTORS = 12

/** Deletes all that lies in the archive. */
export const DELETES_ALL = { deleteAfterMs: 1, liveRecords: 1e9 }
/** A time behind all records of these logs, by less than an hour. */
export const LATER = 1_000_000

const grandchild = setup({}).createMachine({ id: 'part', initial: 'on', states: { on: { on: { '*': {} } } } })
const counter = setup({
  types: {} as { context: { count: number } },
  actors: { part: grandchild },
}).createMachine({
  context: { count: 0 },
  initial: 'idle',
  states: {
    idle: { on: { ARM: 'armed' } },
    armed: { after: { 50: { target: 'idle', actions: emit({ type: 'RANG' }) } } },
    over: { type: 'final' },
  },
  invoke: { src: 'part', id: 'part' },
  on: {
    COUNT: {
      actions: [
        assign({ count: ({ context }) => context.count + 1 }),
        emit(({ context }) => ({ type: 'COUNTED', count: context.count })),
        sendTo('part', { type: 'SEEN' }),
      ],
    },
    END: '.over',
  },
})
const asker = setup({}).createMachine({
  on: { ASK: { actions: sendTo(({ system }) => system.get('port/out'), { type: 'REQUEST' }) } },
})
/** A port that answers nothing by itself. */
const out: Port = { deliver() {}, recover() {} }
const filler = setup({ types: {} as { context: { count: number } } }).createMachine({
  context: { count: 0 },
  on: { TICK: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
})

export interface Opened {
  readonly supervisor: Supervisor
  readonly store: Store<TransitionRecord>
}

export async function open(
  folder: string,
  retention: RetentionOptions = {},
  wrap = (store: Store<TransitionRecord>) => store,
  logger: Logger = silentLogger,
): Promise<Opened> {
  const store = wrap(await openLevelStore(folder))
  const supervisor = await createSupervisor({
    store,
    machines: { asker, counter, filler },
    ports: { out },
    clock: new EventClock(0),
    checkpointEvery: retention.deleteAfterMs === undefined ? 1e9 : 1,
    retention,
    logger,
  })
  return { supervisor, store }
}

/** Returns a generator of whole numbers below `max`. */
export function random(from: number): (max: number) => number {
  let state = from >>> 0
  return (max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
}

/** Sends random messages, and returns the time of the last one. */
export async function live(
  { supervisor }: Opened,
  pick: (max: number) => number,
  turns: number,
  from: number,
) {
  let at = from
  for (let i = 0; i < turns; i++) {
    at += pick(20)
    const id = String(pick(ACTORS))
    const type = ['COUNT', 'COUNT', 'COUNT', 'ARM', 'END'][pick(id === '0' ? 4 : 5)] as string
    // Actors that have ended refuse what comes, which is a record, too.
    await supervisor.send(`counter/${id}`, { type, at }).catch(() => {})
  }
  return at
}

/**
 * Makes a log whose beginning lies in small files of the archive, and returns the ends of these files. `before` is called once
 * its actors are there.
 */
export async function makeLog(
  folder: string,
  pick: (max: number) => number,
  before: (supervisor: Supervisor) => Promise<unknown> = async () => {},
) {
  const opened = await open(folder)
  const { supervisor } = opened
  for (let i = 0; i < ACTORS; i++) await supervisor.spawn('counter', String(i), undefined, { at: 0 })
  await supervisor.spawn('filler', '0', undefined, { at: 0 })
  await supervisor.spawn('asker', '0', undefined, { at: 0 })
  await before(supervisor)
  const at = await live(opened, pick, 200, 1)
  const lived = supervisor.seq
  for (let i = 0; i < BEHIND; i++) {
    supervisor.tell('filler/0' as never, { type: 'TICK', at })
  }
  await supervisor.stop()
  const store = await openLevelStore(folder)
  const ends: number[] = []
  for (let to = 0; ; ) {
    to += 20 + pick(80)
    if (to > lived) break
    const end = (await store.archive(to)) - 1
    if (end > (ends.at(-1) ?? 0)) ends.push(end)
  }
  await store.close()
  if (ends.length < 2) throw new Error('the archive has no two files')
  return { ends, at, lived }
}
