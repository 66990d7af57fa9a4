import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Strategy } from '../../machines/index.ts'
import { expectNamed, loadStrategies, rememberStrategies } from '../../src/runner/actors/strategies.ts'
import { readStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-modules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function module(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}
const strategy = (name: string) =>
  `export const strategy = { name: ${JSON.stringify(name)}, machine: {}, config: { safeParse: () => ({}) } }`
const load = async (type: string) => (await loadStrategies([{ id: 's', type, symbol: 'X' }])).strategies

describe('a module of a strategy', () => {
  it('in JavaScript is loaded as it is', async () => {
    const file = module('mine.mjs', strategy('mine'))
    expect((await load(file)).get(file)?.name).toBe('mine')
  })

  it.each<[string, string, string]>([
    ['throws', 'throw new Error("no such broker")', 'cannot be loaded: no such broker'],
    ['exports nothing', '', 'exports no strategy'],
    ['exports something else', 'export const strategy = { name: "mine" }', 'exports no strategy'],
    ['has a name that no address can have', strategy('my own'), 'exports no strategy'],
    ['has the name of another kind', strategy('order'), 'strategy order, which is the name of another kind'],
    [
      'has the name of one that comes with a run',
      strategy('emaCross'),
      'strategy emaCross, which is the name of another kind',
    ],
  ])('that %s is refused', async (what, content, message) => {
    const file = module(`${what.replaceAll(' ', '-')}.mjs`, content)
    await expect(load(file)).rejects.toMatchObject({
      code: 'STRATEGY_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('that is gone is missed by name, whether it is configured or named besides', async () => {
    const missing = join(folder, 'missing.mjs')
    const hint = expect.stringContaining('Correct the path')
    const refusal = { code: 'STRATEGY_INVALID', message: `there is no file ${missing}`, hint }
    await expect(load(missing)).rejects.toMatchObject(refusal)
    await expect(loadStrategies([], [missing])).rejects.toMatchObject(refusal)
  })

  it('that a folder notes has to be named where its log has actors of it', async () => {
    const data = mkdtempSync(join(folder, 'data-'))
    const file = module('once.mjs', strategy('once'))
    rememberStrategies(data, await load(file))
    const store = await openMemoryStore()
    const named = async (files: readonly string[]) =>
      expectNamed(store, data, (await loadStrategies([], files)).strategies)
    await named([])
    const event = { type: 'outcry.init', at: 1, input: undefined }
    const common = { seq: 1, turn: 1, at: 1, cause: null, correlation: 'c1', event }
    const record = { ...common, actor: 'once/a', rev: 1, machine: 'once@1', from: null, to: 'flat' }
    await store.append({ records: [record as TransitionRecord] })
    await expect(named([])).rejects.toMatchObject({
      code: 'MODULE_UNNAMED',
      message: expect.stringContaining('once'),
      hint: expect.stringContaining(`--machines ${file}`),
    })
    // Another module of its name stands in for it.
    await named([module('moved.mjs', strategy('once'))])
    await store.close()
  })

  it.each(['', '{"modu', '[]', '{"modules":{"a":5}}'])(
    'is not remembered by a file that holds %j: that is said, and a start writes it anew',
    async (content) => {
      const store = await openMemoryStore()
      const data = mkdtempSync(join(folder, 'torn-'))
      const file = join(data, 'strategies.json')
      writeFileSync(file, content)
      await expect(expectNamed(store, data, new Map())).rejects.toMatchObject({
        code: 'STRATEGIES_UNREADABLE',
        message: expect.stringContaining(file),
      })
      rmSync(file)
      const mine = module('kept.mjs', strategy('kept'))
      rememberStrategies(data, new Map([[mine, (await load(mine)).get(mine) as Strategy]]))
      expect([...readStrategiesFile(data).values()]).toEqual([mine])
      const { ino } = statSync(file)
      rememberStrategies(data, new Map())
      expect([statSync(file).ino, readdirSync(data)]).toEqual([ino, ['strategies.json']])
    },
  )
})
