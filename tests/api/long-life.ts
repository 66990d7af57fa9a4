/** A long life of one actor: its price moves with each event, its stop with few, and its legs come whole. */
import { assign, emit, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { newMemory } from '../../store/index.ts'

interface Terms {
  readonly stopPx: string
  readonly 'a.b'?: string
}
const trade = setup({
  types: {} as {
    context: { px: number; terms: Terms; legs: { qty: string }[] }
    events:
      | { type: 'TICK'; px: number }
      | { type: 'STOP'; stopPx: string }
      | { type: 'LEG'; qty: string }
      | { type: 'OPEN' }
    emitted: { type: 'STOP_MOVED'; text: string }
  },
}).createMachine({
  context: { px: 0, terms: { stopPx: '90', 'a.b': 'x' }, legs: [] },
  initial: 'waiting',
  states: { waiting: { on: { OPEN: 'open' } }, open: {} },
  on: {
    TICK: { actions: assign({ px: ({ event }) => event.px }) },
    STOP: {
      actions: [
        assign({ terms: ({ context, event }) => ({ ...context.terms, stopPx: event.stopPx }) }),
        emit({ type: 'STOP_MOVED', text: 'The Stop has moved' }),
      ],
    },
    LEG: { actions: assign({ legs: ({ context, event }) => [...context.legs, { qty: event.qty }] }) },
  },
})

/** Ticks of the life. The tick of px n is rev n + 1, and one later behind each other event. */
export const TICKS = 2_600
export const ADDRESS = 'trade/a'

/** Starts a program with the actor, which has lived so far: by default for long. */
export async function longLife(ticks: number = TICKS): Promise<Supervisor> {
  const supervisor = await createSupervisor({
    store: await openMemoryStore(newMemory()),
    machines: { trade },
    logger: silentLogger,
  })
  await supervisor.spawn('trade', 'a')
  const sent: Promise<unknown>[] = []
  for (let px = 1; px <= ticks; px++) {
    sent.push(supervisor.send(ADDRESS, { type: 'TICK', px }))
    if (px === 10) sent.push(supervisor.send(ADDRESS, { type: 'STOP', stopPx: '91' }))
    if (px === 20) sent.push(supervisor.send(ADDRESS, { type: 'OPEN' }))
    if (px === 30) sent.push(supervisor.send(ADDRESS, { type: 'LEG', qty: '0.03' }))
    if (px === 2_500) sent.push(supervisor.send(ADDRESS, { type: 'STOP', stopPx: '92' }))
  }
  await Promise.all(sent)
  return supervisor
}
