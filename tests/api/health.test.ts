/** Tests the cost and the content of `/health`: every client may request it at any rate while the runner trades. */
import fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assign, sendTo, setup } from 'xstate'
import { systemRoutes } from '../../src/api/routes/system-routes.ts'
import { withContract } from '../../src/api/type-provider.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { Harness } from '../runtime/harness.ts'
import { SEED, seeded } from '../seeded.ts'

const versionOf = (version: string) =>
  setup({}).createMachine({
    version,
    initial: 'working',
    states: { working: {} },
    on: {
      PLACE: { actions: sendTo(({ system }) => system.get('port/venue'), { type: 'ORDER' }) },
      THROW: {
        actions: assign(() => {
          throw new TypeError('boom')
        }),
      },
    },
  })
const older = versionOf('1')
const newer = versionOf('2')
const supervision = { strategy: 'quarantine' } as const
const upgrade = {
  from: '1',
  to: '2',
  migrate: ({ context }: { context: unknown }) => ({ value: 'working', context }),
}
const V1: Machines = { fragile: { machine: older, supervision } }
const V2: Machines = { fragile: { machine: newer, supervision, previous: [older], upgrades: [upgrade] } }
const ports = { venue: { deliver() {}, recover() {} } }
const passivation = { residentMax: 4 }

let harness: Harness

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: V1, ports, passivation })
})
afterEach(() => harness.supervisor.stop())

const fail = (actor: string) =>
  expect(harness.supervisor.send(actor, { type: 'THROW' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })

async function health(): Promise<Record<string, unknown>> {
  const http = withContract(fastify())
  systemRoutes(http, harness.supervisor)
  return (await http.inject('/health')).json()
}

/** Returns the actors in quarantine, found by a look at all actors. */
async function inQuarantine(): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { address, status, condition } of harness.supervisor.actors())
    if (status === 'active' && condition === 'quarantined') found.push(address)
  return found
}

/** Returns how many items of maps, sets and arrays the work iterates over. */
async function stepsOf(work: () => Promise<unknown>): Promise<number> {
  let steps = 0
  const protos = [new Map().values(), new Set().values(), [].values()].map((one) =>
    Object.getPrototypeOf(one),
  )
  const were = protos.map(({ next }) => next)
  for (const [i, proto] of protos.entries())
    proto.next = function (this: unknown) {
      steps++
      return were[i].call(this)
    }
  try {
    await work()
  } finally {
    for (const [i, proto] of protos.entries()) proto.next = were[i]
  }
  return steps
}

describe('/health', () => {
  it('costs as much with many actors and intents as with few', async () => {
    const grow = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        await harness.supervisor.spawn('fragile', `a${i}`)
        await harness.supervisor.send(`fragile/a${i}`, { type: 'PLACE' })
        if (i % 2 === 0) await fail(`fragile/a${i}`)
      }
    }
    await grow(0, 4)
    await health()
    const withFew = await stepsOf(health)
    await grow(4, 200)
    expect(await health()).toMatchObject({ unsettledIntents: 200, quarantined: 100 })
    expect(await stepsOf(health)).toBe(withFew)
    expect(await stepsOf(async () => harness.supervisor.quarantined)).toBeGreaterThanOrEqual(100)
  })

  it(`counts the actors in quarantine after any events, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
    let machines = V1
    const counts = new Set<number>()
    for (let step = 0; step < 200; step++) {
      const { supervisor } = harness
      const actor = `fragile/a${Math.floor(random() * 12)}`
      // A request that an actor refuses, because it does not exist or is in another state, changes nothing.
      await pick<() => Promise<unknown>>([
        () => supervisor.spawn('fragile', actor.slice('fragile/'.length)),
        () => supervisor.send(actor, { type: 'THROW' }),
        () => supervisor.send(actor, { type: 'THROW' }),
        () => supervisor.send(actor, { type: 'PLACE' }),
        () =>
          supervisor.quarantine(actor, {
            error: { name: 'Error', message: 'slow' },
            event: { type: 'PLACE' },
          }),
        () => supervisor.release(actor),
        () => (random() < 0.2 ? supervisor.stopActor(actor) : Promise.resolve()),
        async () => {
          if (random() < 0.5) await supervisor.stop()
          else await harness.crash()
          if (random() < 0.1) machines = V2
          await harness.open({ machines, ports, passivation })
        },
      ])().catch(() => {})
      const expected = await inQuarantine()
      expect(harness.supervisor.quarantined.map(({ address }) => address)).toEqual(expected)
      expect(await health()).toMatchObject({ quarantined: expected.length })
      counts.add(expected.length)
    }
    expect(counts.size).toBeGreaterThan(2)
  })
})
