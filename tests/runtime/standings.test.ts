/** Tests how actors stand, as lists ask for it: as their views say, and without a restore of each. */
import { expect, it, vi } from 'vitest'
import { assign, setup } from 'xstate'
import { Harness } from './harness.ts'

const machine = setup({}).createMachine({
  context: { symbol: 'BTCUSDT' },
  initial: 'new',
  states: {
    new: {
      tags: 'working',
      on: {
        FILL: 'filled',
        BREAK: {
          actions: assign(() => {
            throw new Error('broken')
          }),
        },
      },
    },
    filled: { tags: ['closed', 'won'], type: 'parallel', states: { one: {}, two: { tags: 'held' } } },
  },
})
const supervision = { strategy: 'quarantine' } as const

it('restores one actor of each state, and knows the others by it', async () => {
  const harness = new Harness()
  const first = await harness.open({ machines: { order: { machine, supervision } } })
  const addresses = await Promise.all(Array.from({ length: 60 }, (_, n) => first.spawn('order', `o-${n}`)))
  for (const [n, address] of addresses.entries()) {
    const type = ['FILL', 'NONE', 'BREAK'][n % 3] as string
    await first.send(address, { type }).catch(() => {})
  }
  await first.stop()
  const supervisor = await harness.open({ machines: { order: { machine, supervision } } })
  const passive = addresses.length - supervisor.quarantinedCount
  expect(passive).toBe(40)
  const restores = vi.spyOn(machine, 'restoreSnapshot')
  const standings = addresses.map((address) => supervisor.standingNow(address))
  expect(restores).toHaveBeenCalledTimes(2)
  restores.mockRestore()
  expect(standings).toEqual(
    addresses.map((address) => {
      const { status, condition, value, tags, seq } = supervisor.viewNow(address) ?? {}
      return expect.objectContaining({ address, status, value, tags, seq, ...(condition && { condition }) })
    }),
  )
  expect(standings[0]).toMatchObject({ tags: ['closed', 'won', 'held'], context: { symbol: 'BTCUSDT' } })
  // A passive actor that has moved since stands where it is.
  await supervisor.send('order/o-1', { type: 'FILL' })
  expect(supervisor.standingNow('order/o-1')?.tags).toContain('closed')
  expect(supervisor.standingNow('order/nobody')).toBeUndefined()
  expect(supervisor.standingNow('nothing/here')).toBeUndefined()
})

it('does not take a state of another version of a machine for one of today', async () => {
  const of = (version: string, tag: string) =>
    setup({}).createMachine({ version, initial: 'on', states: { on: { tags: tag } } })
  const [was, is] = [of('1', 'early'), of('2', 'late')]
  const harness = new Harness()
  const first = await harness.open({ machines: { lamp: was } })
  await first.spawn('lamp', 'a')
  await first.spawn('lamp', 'b')
  await first.stop()
  const upgrades = [{ from: '1', to: '2', migrate: (state: object) => state }]
  const registration = { machine: is, previous: [was], upgrades } as never
  const supervisor = await harness.open({ machines: { lamp: registration } })
  await supervisor.spawn('lamp', 'c')
  for (const _ of [1, 2])
    for (const id of ['c', 'a', 'b']) expect(supervisor.standingNow(`lamp/${id}`)?.tags).toEqual(['late'])
  await supervisor.stop()
  const last = await harness.open({ machines: { lamp: of('3', 'late') } })
  for (const _ of [1, 2])
    for (const id of ['a', 'b'])
      expect(last.standingNow(`lamp/${id}`)).toMatchObject({ unread: { code: 'MACHINE_VERSION_UNKNOWN' } })
})
