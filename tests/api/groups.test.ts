/** Tests the groups of actors, their rows, and lists of the past, against plain walks through all actors. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { assign, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Outline } from '../../src/api/state/outline.ts'
import { type ActorSummary, type Client, createClient, isFailed, isOpen } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { naturally } from '../../src/runtime/record/natural-order.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { SEED, seeded } from '../seeded.ts'

const tagged = (tag: string) => ({ tags: tag })
const order = setup({}).createMachine({
  id: 'order',
  type: 'parallel',
  states: {
    execution: {
      initial: 'new',
      states: {
        new: {
          tags: 'working',
          on: {
            FILL: 'filled',
            REJECT: 'rejected',
            BREAK: {
              actions: assign(() => {
                throw new Error('broken')
              }),
            },
          },
        },
        filled: tagged('closed'),
        rejected: tagged('closed'),
      },
    },
    request: { initial: 'idle', states: { idle: {} } },
  },
})
const plain = setup({}).createMachine({ initial: 'on', states: { on: {} } })
const watching = setup({}).createMachine({
  context: { terms: { symbol: 'BTC-USDT' } },
  initial: 'on',
  states: { on: {} },
})
const machines = { order, list: order, account: plain, ema: plain, position: plain, watchdog: watching }

const random = seeded(SEED)
const STRATEGIES = ['a', 'a-1', 'b-BTCUSDT']
let harness: Harness
let api: ApiServer
let client: Client

beforeAll(async () => {
  harness = new Harness()
  const supervisor = await harness.open({ machines })
  await supervisor.spawn('account', 'sim')
  for (const id of STRATEGIES) await supervisor.spawn('ema', id)
  for (let n = 0; n < 60; n++) await trade(n)
  await supervisor.spawn('order', '7f3a')
  await supervisor.spawn('position', 'sim:BTCUSDT')
  await supervisor.spawn('watchdog', 'sim')
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  client = createClient({ url: api.url })
})
afterAll(async () => {
  await api?.close()
  await harness?.supervisor.stop()
})

/** A list with its orders, some of which end, are rejected or break. */
async function trade(n: number): Promise<void> {
  const { supervisor } = harness
  const owner = STRATEGIES[Math.floor(random() * STRATEGIES.length)]
  for (const role of ['', '-stop', '-entry']) {
    const address = await supervisor.spawn(role === '' ? 'list' : 'order', `sim:${owner}-${n}${role}`)
    const type = ['FILL', 'REJECT', 'BREAK', undefined][Math.floor(random() * 6)]
    if (type !== undefined) await supervisor.send(address, { type }).catch(() => {})
  }
}

async function allOf(query: Parameters<Client['actors']>[0] = {}): Promise<ActorSummary[]> {
  const found: ActorSummary[] = []
  for await (const actor of client.actors(query)) found.push(actor)
  return found
}

/** Returns the owner by the rule that people know: the longest name of a strategy that the id has. */
function ownerOf(address: string): string {
  const [kind = '', id = ''] = address.split('/')
  if (kind === 'system') return 'runner'
  if (kind === 'ema') return id
  if (['account', 'watchdog', 'position'].includes(kind)) return 'sim'
  const names = STRATEGIES.filter((name) => new RegExp(`^sim:${name}-\\d+(-[a-z]+)?$`).test(id))
  return names.sort((a, b) => b.length - a.length)[0] ?? 'by hand'
}

function countedOf(actors: readonly ActorSummary[], groupOf: (address: string) => string): object {
  const groups: Record<string, { count: number; open: number; failed: number }> = {}
  for (const actor of actors) {
    const name = groupOf(actor.address)
    groups[name] ??= { count: 0, open: 0, failed: 0 }
    groups[name].count++
    if (isOpen(actor)) groups[name].open++
    if (isFailed(actor)) groups[name].failed++
  }
  return groups
}

const named = (groups: readonly { readonly name: string }[]) =>
  Object.fromEntries(groups.map(({ name, ...counts }) => [name, counts]))

describe('the groups', () => {
  it(`have the numbers of all actors, and keep them while actors come and move (seed ${SEED})`, async () => {
    for (let round = 0; round < 3; round++) {
      const all = await allOf()
      const byOwner = await client.ask('groups', { query: { whole: true } })
      expect(named(byOwner.groups)).toEqual(countedOf(all, ownerOf))
      expect(byOwner).toMatchObject({ by: 'owner', unread: 0, seq: harness.supervisor.seq })
      const byKind = await client.ask('groups', { query: { by: 'kind' } })
      expect(named(byKind.groups)).toEqual(countedOf(all, (address) => address.split('/')[0] ?? ''))
      const failed = all.filter(isFailed)
      expect([...byOwner.failed].sort()).toEqual(failed.map(({ address }) => address).sort())
      const first = failed.filter(({ condition }) => condition !== undefined).length
      const troubled = byOwner.failed
        .slice(0, first)
        .map((address) => all.find((one) => one.address === address))
      expect(troubled.every((one) => one?.condition === 'quarantined')).toBe(true)
      await trade(100 + round)
      for (const { address } of failed.slice(0, 3)) await harness.supervisor.release(address).catch(() => {})
      if (round === 1) {
        // Its orders were of nobody before.
        await harness.supervisor.spawn('order', 'sim:late-1-entry')
        await harness.supervisor.spawn('ema', 'late')
        STRATEGIES.push('late')
      }
    }
  })

  it('have the numbers of what passes a filter', async () => {
    for (const query of [
      { name: 'B-BTC stop' },
      { end: '-entry', state: 'filled' },
      { condition: 'failed' },
      { condition: 'open', kind: 'order' },
      { prefix: 'list/sim:a' },
      { tag: 'closed', kind: 'order' },
      { state: 'execution.filled' },
      { symbol: 'BTC/USDT' },
      { symbol: 'sim:BTCUSDT' },
    ] as const) {
      const { groups } = await client.ask('groups', { query })
      expect([query, named(groups)]).toEqual([query, countedOf(await allOf(query), ownerOf)])
      expect(groups.length).toBeGreaterThan(0)
    }
  })

  it('list their actors page by page, the latest list of orders first', async () => {
    const name = 'b-BTCUSDT'
    const found: ActorSummary[] = []
    for (let after: string | undefined; ; ) {
      const page = await client.ask('actors', { query: { group: [name, 'a'], after, limit: 7 } })
      expect(page.actors.length).toBeLessThanOrEqual(7)
      found.push(...page.actors)
      if (page.next === undefined) break
      after = page.next
    }
    const of = (group: string) => found.filter((actor) => actor.group === group).map(({ address }) => address)
    const all = (await allOf()).map(({ address }) => address)
    expect([...of(name)].sort()).toEqual(all.filter((address) => ownerOf(address) === name).sort())
    expect([...of('a')].sort()).toEqual(all.filter((address) => ownerOf(address) === 'a').sort())
    expect(found.map(({ group }) => group)).toEqual([...of(name).map(() => name), ...of('a').map(() => 'a')])
    const [own, ...rest] = of(name)
    expect(own).toBe(`ema/${name}`)
    const numbers = [...new Set(rest.map((address) => Number(/-(\d+)/.exec(address)?.[1])))]
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a))
    const last = rest.slice(0, 3)
    expect(last.map((address) => address.replace(/^.*?\d+/, ''))).toEqual(['', '-entry', '-stop'])
    expect(last[0]).toMatch(/^list\//)
  })

  it('are listed without a walk through all addresses', async () => {
    const walks = vi.spyOn(harness.supervisor, 'addresses')
    for (const query of [
      { group: 'a' },
      { by: 'kind', group: 'list', name: 'a-1' },
      { group: 'a', seq: 40 },
    ] as const) {
      const { actors } = await client.ask('actors', { query })
      expect([query, actors.length > 0]).toEqual([query, true])
    }
    expect(walks).not.toHaveBeenCalled()
    walks.mockRestore()
  })

  it('list the actors of a kind as people sort them', async () => {
    const { actors } = await client.ask('actors', { query: { by: 'kind', group: 'list', limit: 1_000 } })
    const addresses = actors.map(({ address }) => address)
    expect(addresses).toEqual((await allOf({ kind: 'list' })).map(({ address }) => address).sort(naturally))
  })

  it('are kinds where nothing trades', async () => {
    const other = new Harness()
    const supervisor = await other.open({ machines: { ema: plain } })
    await supervisor.spawn('ema', 'x')
    const server = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    const { by, groups } = await createClient({ url: server.url }).ask('groups')
    expect([by, groups.map(({ name }) => name)]).toEqual(['kind', ['ema', 'system']])
    await server.close()
    await supervisor.stop()
  })
})

describe('a list of the past', () => {
  it('has each actor as it was, and none that came later', async () => {
    const { supervisor } = harness
    for (const seq of [1, 40, 111, supervisor.seq]) {
      const found = await allOf({ seq })
      for (const actor of found) {
        const was = await client.actor(actor.address, { seq })
        expect(actor).toMatchObject({ rev: was?.rev, value: was?.value, seq: was?.seq })
      }
      const later: string[] = []
      for (const { address } of await allOf())
        if ((await client.actor(address, { seq })) === undefined) later.push(address)
      expect(found.map(({ address }) => address).filter((address) => later.includes(address))).toEqual([])
      expect(found.length + later.length).toBe((await allOf()).length)
    }
  })

  it('has those that are asked for by their addresses', async () => {
    const address = ['account/sim', 'ema/a', 'order/7f3a', 'order/nobody']
    const { actors } = await client.ask('actors', { query: { address, seq: 5 } })
    expect(actors.map(({ address, group }) => [address, group])).toEqual([
      ['account/sim', 'sim'],
      ['ema/a', 'a'],
    ])
  })

  it('is refused at two places at once', async () => {
    await expect(client.ask('actors', { query: { seq: 5, at: 1 } })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    })
  })
})

it('is ready before somebody asks, and then looks only at what has moved', async () => {
  const many = new Harness()
  const supervisor = await many.open({ machines })
  await Promise.all(Array.from({ length: 300 }, (_, n) => supervisor.spawn('order', `o-${n}`)))
  const looks = vi.spyOn(supervisor, 'standingNow')
  const outline = new Outline(supervisor)
  const closing = new AbortController()
  const keeping = outline.keep(closing.signal)
  await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(300))
  const inNew = async () => (await outline.passing({ state: 'new' }, '', {}))?.size
  expect(await inNew()).toBe(300)
  looks.mockClear()
  await supervisor.send('order/o-5', { type: 'FILL' })
  expect(await inNew()).toBe(299)
  expect(looks.mock.calls).toEqual([['order/o-5']])
  closing.abort()
  await keeping
  await supervisor.stop()
})

it('counts in turns: what is not read yet is said, and read when somebody waits for it', async () => {
  const many = new Harness()
  const supervisor = await many.open({ machines })
  await Promise.all(Array.from({ length: 3_000 }, (_, n) => supervisor.spawn('order', `o-${n}`)))
  const server = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  const asked = createClient({ url: server.url })
  const first = await asked.ask('groups', { query: { by: 'kind' } })
  expect(first.groups.find(({ name }) => name === 'order')?.count).toBe(3_000)
  const { groups, unread } = await asked.ask('groups', { query: { by: 'kind', whole: true } })
  expect([unread, groups.find(({ name }) => name === 'order')]).toEqual([
    0,
    { name: 'order', count: 3_000, open: 3_000, failed: 0 },
  ])
  await supervisor.send('order/o-5', { type: 'REJECT' })
  await eventually(async () => expect((await asked.ask('groups')).failed).toEqual(['order/o-5']))
  await server.close()
  await supervisor.stop()
})
