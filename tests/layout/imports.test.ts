import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise, type IFlattenedRuleSet } from 'dependency-cruiser'
import { beforeAll, describe, expect, it } from 'vitest'
import { RULES } from './rules.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDERS = ['errors', 'store', 'machines', 'src', 'tools']

interface Summary {
  readonly violations: readonly { rule: { name: string }; from: string; to: string }[]
  readonly totalCruised: number
}

/** Examines the imports of a tree, including those of types. */
async function look(baseDir: string, folders: string[]): Promise<Summary> {
  const { output } = await cruise(folders, {
    baseDir,
    ruleSet: { forbidden: RULES } as unknown as IFlattenedRuleSet,
    validate: true,
    // The parser of the installed TypeScript version is not supported.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // The parser takes no JSX. page.test.ts looks at the page.
    exclude: { path: '^tools/inspector/' },
  })
  return (output as unknown as { summary: Summary }).summary
}

function told({ violations }: Summary): string[] {
  return violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)
}

describe('imports', () => {
  let found: Summary
  beforeAll(async () => {
    found = await look(ROOT, FOLDERS)
  })

  it('are examined in all files', () => {
    expect(found.totalCruised).toBeGreaterThan(300)
  })

  it('run one way', () => {
    expect(told(found)).toEqual([])
  })
})

describe.each([
  ['up from errors', 'errors/a.ts', 'store/b.ts'],
  ['up from the store', 'store/a.ts', 'src/b.ts'],
  ['from the store to machines', 'store/a.ts', 'machines/b.ts'],
  ['from machines to the store', 'machines/a.ts', 'store/b.ts'],
  ['up from src', 'src/a.ts', 'tools/b.ts'],
  ['up within the store', 'store/leveldb/folder/a.ts', 'store/leveldb/codec/b.ts'],
  ['up within the runtime', 'src/runtime/record/a.ts', 'src/runtime/turn/b.ts'],
  ['from a room to the facade', 'src/runtime/turn/a.ts', 'src/runtime/supervisor.ts'],
  ['from the runtime to trading', 'src/runtime/turn/a.ts', 'machines/b.ts'],
  ['from the runtime to the API', 'src/runtime/supervisor.ts', 'src/api/b.ts'],
  ['of xstate outside its room', 'src/api/a.ts', 'node_modules/xstate/index.ts'],
  ['of machines by the client', 'src/client/a.ts', 'machines/b.ts'],
  ['of xstate by the contract', 'src/api/contract/a.ts', 'src/runtime/xstate/b.ts'],
])('an import %s', (_, from, to) => {
  it.each([
    ['a value', (path: string) => `import { b } from '${path}'\nexport const a = b\n`],
    ['a type', (path: string) => `import type { B } from '${path}'\nexport type A = B\n`],
  ])('of %s is reported', async (_, importing) => {
    const root = mkdtempSync(join(tmpdir(), 'outcry-layout-'))
    try {
      const path = relative(dirname(from), to)
      for (const [file, text] of [
        [from, importing(path.startsWith('.') ? path : `./${path}`)],
        [to, 'export const b = 1\nexport type B = 1\n'],
      ] as const) {
        mkdirSync(join(root, dirname(file)), { recursive: true })
        writeFileSync(join(root, file), text)
      }
      const folder = from.split('/')[0] as string
      expect(told(await look(root, [folder]))).toContainEqual(expect.stringContaining(`: ${from} -> ${to}`))
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
