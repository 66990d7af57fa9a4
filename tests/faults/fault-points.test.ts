/** Tests each place of a commit at which a process may die, and what the next start must find. */
import { describe, expect, it } from 'vitest'
import { assign, emit, enqueueActions, sendTo, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Port } from '../../src/runtime/port.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Intent } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { newMemory } from '../../store/index.ts'
import { SEED, seeded } from '../seeded.ts'
import { FaultyStore, type StoreFault } from './faulty-store.ts'

/** A machine that sends the port two intents at a time, and a message to another actor. */
const trader = setup({
  types: {} as {
    context: { asked: number }
    events: { type: 'ASK'; at: number }
    emitted: { type: 'ASKED' }
  },
}).createMachine({
  context: { asked: 0 },
  on: {
    ASK: {
      actions: [
        assign({ asked: ({ context }) => context.asked + 1 }),
        emit({ type: 'ASKED' }),
        enqueueActions(({ context, enqueue }) => {
          for (const n of [1, 2]) {
            const request = { type: 'REQUEST', n: context.asked * 10 + n }
            enqueue(sendTo(({ system }) => system.get('port/out'), request))
          }
          enqueue(sendTo(({ system }) => system.get('counter/main'), { type: 'COUNT' }))
        }),
      ],
    },
  },
})
const counter = setup({ types: {} as { context: { count: number } } }).createMachine({
  context: { count: 0 },
  on: { COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
})

/** One life of a process, on a store in memory that outlives it. */
class Life {
  readonly delivered: string[] = []
  readonly recovered: string[] = []
  readonly released: number[] = []
  readonly died: Promise<void>
  supervisor!: Supervisor
  alive = true
  #onDeath!: () => void
  #store: FaultyStore | undefined
  #fault: StoreFault | undefined

  constructor() {
    this.died = new Promise((resolve) => {
      this.#onDeath = resolve
    })
  }

  static async begin(
    memory: ReturnType<typeof newMemory>,
    dieAt?: 'firstRecord' | 'firstIntent',
  ): Promise<Life> {
    const life = new Life()
    const take = (list: string[], intent: Intent) => {
      if (!life.alive) return
      list.push(intent.id)
      if (dieAt === 'firstIntent' && list === life.delivered) life.die()
    }
    const port: Port = {
      deliver: (intent) => take(life.delivered, intent),
      recover: (intent) => take(life.recovered, intent),
    }
    life.#store = new FaultyStore(await openMemoryStore(memory), {
      next: () => {
        const fault = life.#fault
        life.#fault = undefined
        return fault
      },
      onDeath: () => life.die(),
    })
    const quiet = () => {}
    const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
    life.supervisor = await createSupervisor({
      store: life.#store,
      machines: { trader, counter },
      ports: { out: port },
      logger,
    })
    life.supervisor.transitions$.subscribe(({ seq }) => {
      if (!life.alive) return
      life.released.push(seq)
      if (dieAt === 'firstRecord') life.die()
    })
    return life
  }

  /** Fails at the next commit. */
  failWith(fault: StoreFault): void {
    this.#fault = fault
  }

  die(): void {
    this.alive = false
    this.#store?.kill()
    this.#onDeath()
  }
}

async function prepared(asks: number) {
  const memory = newMemory()
  const life = await Life.begin(memory)
  await life.supervisor.spawn('trader', 'main')
  await life.supervisor.spawn('counter', 'main')
  for (let n = 1; n <= asks; n++) await ask(life, n)
  // All are settled, so that only the fault's own intents are recovered later.
  for (const id of life.delivered) {
    await life.supervisor.send('counter/main', { type: 'COUNT' }, { completes: id })
  }
  const { seq } = life.supervisor
  life.die()
  return { memory, seq, counted: asks + life.delivered.length }
}

const ask = (life: Life, n: number) =>
  life.supervisor.send('trader/main', { type: 'ASK', at: n }, { at: n, key: `ask-${n}` })
const intentsOf = (n: number) => [`trader/main/REQUEST:${2 * n - 1}`, `trader/main/REQUEST:${2 * n}`]
const count = (life: Life) =>
  (life.supervisor.getSnapshot('counter/main')?.context as { count: number } | undefined)?.count

describe(`a process that dies, seed ${SEED}`, () => {
  const random = seeded(SEED)
  const rounds = Array.from({ length: 5 }, () => Math.floor(random() * 8))

  it.each(rounds)('before the durable write leaves no trace (after %i turns)', async (asks) => {
    const { memory, seq, counted } = await prepared(asks)
    const life = await Life.begin(memory)
    life.failWith('beforeWrite')
    ask(life, asks + 1)
    await life.died
    expect([life.delivered, life.released]).toEqual([[], []])

    const next = await Life.begin(memory)
    expect(next.supervisor.seq).toBe(seq)
    expect([next.recovered, count(next)]).toEqual([[], counted])
    // The same event sent again is a new one.
    expect(await ask(next, asks + 1)).toEqual({ seq: seq + 1, duplicate: false })
    expect(next.delivered).toEqual(intentsOf(asks + 1))
  })

  it.each(rounds)(
    'after the durable write, before its answer, has made the turn once (after %i turns)',
    async (asks) => {
      const { memory, seq, counted } = await prepared(asks)
      const life = await Life.begin(memory)
      life.failWith('answerLost')
      ask(life, asks + 1)
      await life.died
      expect([life.delivered, life.released]).toEqual([[], []])

      const next = await Life.begin(memory)
      expect(next.supervisor.seq).toBe(seq + 2)
      expect(count(next)).toBe(counted + 1)
      // It is unknown whether the port got these intents, so they are looked up, not sent.
      expect([next.recovered, next.delivered]).toEqual([intentsOf(asks + 1), []])
      expect(await ask(next, asks + 1)).toEqual({ seq: seq + 1, duplicate: true })
      expect(next.delivered).toEqual([])
    },
  )

  it.each([
    ['before the first intent', 'firstRecord', 0],
    ['between two intents', 'firstIntent', 1],
  ] as const)('in the release, %s, leaves the intents to be looked up', async (_, dieAt, delivered) => {
    const { memory, seq, counted } = await prepared(2)
    const life = await Life.begin(memory, dieAt)
    ask(life, 3)
    await life.died
    expect(life.delivered).toEqual(intentsOf(3).slice(0, delivered))

    const next = await Life.begin(memory)
    expect(next.supervisor.seq).toBe(seq + 2)
    expect(count(next)).toBe(counted + 1)
    expect([next.recovered, next.delivered]).toEqual([intentsOf(3), []])
  })

  it('stays alive when the disk refuses a write, but accepts and releases nothing more', async () => {
    const { memory, seq, counted } = await prepared(2)
    const life = await Life.begin(memory)
    life.failWith('refused')
    await expect(ask(life, 3)).rejects.toMatchObject({ code: 'STORE_FENCED' })
    await expect(ask(life, 4)).rejects.toMatchObject({ code: 'STORE_FENCED' })
    expect([life.delivered, life.released]).toEqual([[], []])

    const next = await Life.begin(memory)
    expect([next.supervisor.seq, count(next), next.recovered]).toEqual([seq, counted, []])
    expect(await ask(next, 3)).toEqual({ seq: seq + 1, duplicate: false })
  })
})
