import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { defineStrategy } from '../../machines/index.ts'
import { importUserModule } from '../../src/runner/process/user-module.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-user-module-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(root, 'folder-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const PACKAGES = {
  'no package.json': {},
  'a package.json without a type': { 'package.json': '{}' },
  'type module': { 'package.json': '{ "type": "module" }' },
  'type commonjs': { 'package.json': '{ "type": "commonjs" }' },
}
const IMPORTING = `import { defineStrategy } from 'outcry/machines'
import { z } from 'zod'
export const found = { defineStrategy, isSchema: z.string().safeParse('a').success }
`
const TYPED = IMPORTING.replace(
  'const found =',
  'const found: { defineStrategy: unknown; isSchema: boolean } =',
)
const REQUIRING = `const { defineStrategy } = require('outcry/machines')
const { z } = require('zod')
module.exports = { found: { defineStrategy, isSchema: z.string().safeParse('a').success } }
`
const SOURCES = {
  'mine.ts': TYPED,
  'mine.mts': TYPED,
  'mine.js': IMPORTING,
  'mine.mjs': IMPORTING,
  'mine.cjs': REQUIRING,
  'common.js': REQUIRING,
}

describe('a module of a user', () => {
  it('may be awaited for longer than a timer of Node waits', async () => {
    const folder = folderOf({
      'late.ts': 'await new Promise((resolve) => setTimeout(resolve, 50)); export const a = 1',
    })
    expect(await importUserModule(join(folder, 'late.ts'), { limitMs: 1e15 })).toMatchObject({ a: 1 })
  })

  const every = Object.entries(PACKAGES).flatMap(([kind, files]) =>
    Object.entries(SOURCES).map(([name, source]) => [name, kind, { ...files, [name]: source }] as const),
  )
  it.each(every)('%s loads beside %s, and shares the outcry that runs', async (name, _, files) => {
    const module = await importUserModule(join(folderOf(files), name))
    expect(module.found).toEqual({ defineStrategy, isSchema: true })
  })

  it('has files and packages of its own', async () => {
    const folder = folderOf({
      'mine.ts': `import { half } from './lib/half'
import { third } from './lib/third.js'
import thing from 'thing'
export const all = [half, third, thing, import.meta.url]`,
      'lib/half.ts': 'export const half: number = 0.5',
      'lib/third.ts': 'export const third: string = "1/3"',
      'node_modules/thing/package.json': '{ "type": "module", "exports": { "import": "./thing.js" } }',
      'node_modules/thing/thing.js': 'export default "thing"',
    })
    const { all } = await importUserModule(join(folder, 'mine.ts'))
    expect(all).toEqual([0.5, '1/3', 'thing', `file://${folder}/mine.ts`])
  })

  it('waits for what it awaits', async () => {
    const folder = folderOf({ 'mine.js': 'export const value = await Promise.resolve(7)' })
    expect(await importUserModule(join(folder, 'mine.js'))).toEqual({ value: 7 })
  })

  it.each([
    ['cannot be read by the compiler', 'export const = 1', /mine\.ts:1:14: Expected identifier/],
    ['imports what is not there', "import 'nowhere'", /mine\.ts:1:8: Could not resolve "nowhere"/],
    ['throws', "throw new Error('no licence')", /^no licence$/],
  ])('that %s is refused with the place and the reason', async (_, source, message) => {
    const folder = folderOf({ 'mine.ts': source })
    await expect(importUserModule(join(folder, 'mine.ts'))).rejects.toThrow(message)
  })

  it('that is not there is refused by its name', async () => {
    const file = join(root, 'gone.ts')
    await expect(importUserModule(file)).rejects.toThrow(file)
  })

  it('throws with the lines that its author wrote', async () => {
    const folder = folderOf({
      'mine.ts': "type A = 1\n\nexport function fail(a?: A) {\n  throw new Error('x')\n}\n",
    })
    const { fail } = (await importUserModule(join(folder, 'mine.ts'))) as { fail(): void }
    let stack = ''
    try {
      fail()
    } catch (error) {
      stack = (error as Error).stack ?? ''
    }
    expect(stack).toContain(`${folder}/mine.ts:4`)
  })

  it('leaves nothing behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('outcry-module-'))
    await importUserModule(join(folderOf({ 'mine.js': 'export {}' }), 'mine.js'))
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('outcry-module-'))
    expect(after.filter((name) => !before.includes(name))).toEqual([])
  })
})
