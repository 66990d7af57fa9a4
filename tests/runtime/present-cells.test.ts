/** Tests that many actors of a log are found as each one by itself. */
import { expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { viewOf } from '../../src/runtime/actors/actor-view.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { PresentCells } from '../../src/runtime/state/present-cells.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { Harness } from './harness.ts'

const counter = setup({ types: {} as { context: { n: number } } }).createMachine({
  context: { n: 0 },
  on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})
const MANY = 130

it('finds actors with and without records since the checkpoint', async () => {
  const harness = new Harness()
  const first = await harness.open({ machines: { counter } })
  for (let n = 0; n < MANY; n++) await first.spawn('counter', `a${n}`)
  await first.stop()
  const second = await harness.open({ machines: { counter } })
  for (let n = 100; n < MANY; n += 7) await second.send(`counter/a${n}`, { type: 'INC' })
  await second.spawn('counter', 'new')
  await harness.crash()
  const registry = new Registry({ counter })
  let histories = 0
  const store = new Proxy(harness.store, {
    get(target, key) {
      if (key === 'history') histories++
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const present = new PresentCells(store, registry)
  for await (const address of harness.store.actors({ prefix: 'counter/' })) {
    const cell = await present.cell(address)
    const alone = await cellAt(harness.store, registry, address, {})
    expect(cell && viewOf(cell)).toEqual(alone && viewOf(alone))
  }
  // The first ones are found one by one, and of the others those that have changed since.
  expect(histories).toBeLessThan(MANY - 20)
  expect(await present.cell('counter/none')).toBeUndefined()
})
