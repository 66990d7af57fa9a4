/** Tests that the reads for a request end with its socket. */
import { request } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { SystemClock } from '../../src/runtime/time/clock.ts'
import { isOutcryError, newMemory, type Store } from '../../store/index.ts'

const lamp = setup({}).createMachine({
  initial: 'off',
  states: {
    off: { on: { PRESS: 'on' } },
    on: {
      on: {
        PRESS: 'off',
        BREAK: {
          actions: assign(() => {
            throw new Error('broken')
          }),
        },
      },
    },
  },
})

/** Called when a read of the store ends, with the error or null. */
let onEnd: (error: unknown) => void = () => {}
/** Set while reads are held until their client has gone. */
let onHeld: (() => void) | undefined
let supervisor: Supervisor
let api: ApiServer

interface Signalled {
  readonly signal?: AbortSignal
}

/** Returns a store whose reads with a signal wait for it before their first piece. */
function holding(store: Store<TransitionRecord>): Store<TransitionRecord> {
  const held = async ({ signal }: Signalled = {}) => {
    if (onHeld === undefined) return
    if (signal === undefined) throw new Error('nobody can end this')
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve())
    })
    onHeld()
    await aborted
  }
  const noted = async <T>(end: Promise<T>): Promise<T> => {
    end.then(
      () => onEnd(null),
      (error) => onEnd(error),
    )
    return end
  }
  async function* scan(items: AsyncIterable<unknown>, options: Signalled | undefined) {
    try {
      await held(options)
      yield* items
      onEnd(null)
    } catch (error) {
      onEnd(error)
      throw error
    }
  }
  return new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...args: unknown[]) => unknown
      const optionsOf = (args: unknown[]) => args.at(-1) as Signalled | undefined
      if (['read', 'history', 'actors', 'entries', 'snapshots'].includes(String(key)))
        return (...args: unknown[]) => scan(method(...args) as AsyncIterable<unknown>, optionsOf(args))
      if (key === 'verifyChain')
        return (...args: unknown[]) => noted(held(optionsOf(args)).then(() => method(...args)))
      return method
    },
  })
}

beforeEach(async () => {
  onHeld = undefined
  const store = holding(await openMemoryStore(newMemory()))
  supervisor = await createSupervisor({
    store,
    machines: { lamp, account: lamp, symbol: lamp },
    clock: new SystemClock(),
    logger: silentLogger,
  })
  await supervisor.spawn('account', 'a')
  await supervisor.spawn('symbol', 's')
  for (const id of ['a', 'b']) {
    await supervisor.spawn('lamp', id)
    for (let n = 0; n < 5; n++) await supervisor.send(`lamp/${id}`, { type: 'PRESS' })
  }
  await supervisor.send('lamp/b', { type: 'BREAK' }).catch(() => {})
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterEach(async () => {
  onHeld = undefined
  await api.close()
  await supervisor.stop()
})

it.each([
  '/events?actor=lamp/nobody',
  '/events?since=0&actor=lamp/nobody',
  '/failures',
  '/failures?actor=lamp/b',
  '/actors',
  '/actors?seq=5',
  '/actors?group=lamp&by=kind',
  '/accounts',
  '/actors/lamp%2Fa/history',
  '/actors/lamp%2Fa/history?detail=true',
  '/actors/lamp%2Fa/history?text=press',
  '/actors/lamp%2Fa/history?changed=value&reverse=true',
  '/records/5',
  '/records/5/why',
  '/timeline?mark=NOSUCH',
  '/actors/lamp%2Fa?seq=5',
  '/actors/lamp%2Fa?at=9999999999999',
  '/actors/lamp%2Fb',
  '/vitals',
  '/verify',
  '/backup',
])('%s is not read on for a client that has gone', async (path) => {
  const asked = request(`${api.url}${path}`)
  asked.on('error', () => {})
  const held = new Promise<void>((resolve) => {
    onHeld = resolve
  })
  // Records that are found at once may be read before the slow ones.
  const aborted = new Promise<void>((resolve) => {
    onEnd = (error) => {
      if (isOutcryError(error, 'READ_ABORTED')) resolve()
      else if (error !== null) expect.fail(String(error))
    }
  })
  asked.end()
  await held
  asked.destroy()
  await aborted
})
