import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Strategy } from '../../machines/index.ts'
import { loadStrategies, rememberStrategies } from '../../src/runner/strategies.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-modules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function module(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}
const strategy = (name: string) =>
  `export const strategy = { name: ${JSON.stringify(name)}, machine: {}, config: { safeParse: () => ({}) } }`
const load = async (type: string) => (await loadStrategies([{ id: 's', type }])).strategies

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
    [
      'has the name of another kind',
      strategy('order'),
      'strategy order, which is the name of something else',
    ],
    [
      'has the name of one that comes with a run',
      strategy('emaCross'),
      'strategy emaCross, which is the name of something else',
    ],
  ])('that %s is refused', async (what, content, message) => {
    const file = module(`${what.replaceAll(' ', '-')}.mjs`, content)
    await expect(load(file)).rejects.toMatchObject({
      code: 'STRATEGY_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('that is gone is missed by name, also where only the log still needs it', async () => {
    const missing = join(folder, 'missing.mjs')
    const refusal = { code: 'STRATEGY_INVALID', message: `there is no file ${missing}` }
    const hint = (text: string) => expect.stringContaining(text)
    await expect(load(missing)).rejects.toMatchObject({ ...refusal, hint: hint('Export const strategy') })
    const data = mkdtempSync(join(folder, 'data-'))
    const file = module('once.mjs', strategy('once'))
    const once = (await load(file)).get(file) as Strategy
    rememberStrategies(data, new Map([[missing, once]]))
    await expect(loadStrategies([], data)).rejects.toMatchObject({ ...refusal, hint: hint('put it back') })
    // One that is configured under the same name stands in for it.
    expect((await loadStrategies([{ id: 's', type: file }], data)).strategies.has(missing)).toBe(false)
  })

  it.each(['', '{"modu', '[]', '{"modules":{"a":5}}'])(
    'is not remembered by a file that holds %j: that is said, and a start writes it anew',
    async (content) => {
      const data = mkdtempSync(join(folder, 'torn-'))
      const file = join(data, 'strategies.json')
      writeFileSync(file, content)
      await expect(loadStrategies([], data)).rejects.toMatchObject({
        code: 'STRATEGIES_UNREADABLE',
        message: expect.stringContaining(file),
      })
      rmSync(file)
      const mine = module('kept.mjs', strategy('kept'))
      rememberStrategies(data, new Map([[mine, (await load(mine)).get(mine) as Strategy]]))
      expect((await loadStrategies([], data)).strategies.has(mine)).toBe(true)
      const { ino } = statSync(file)
      rememberStrategies(data, new Map())
      expect([statSync(file).ino, readdirSync(data)]).toEqual([ino, ['strategies.json']])
    },
  )
})
