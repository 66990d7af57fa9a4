/** Takes lines out of declarations, and finds those that neither the compiler nor a test misses. */
import { spawnSync } from 'node:child_process'
import { seeded } from '../seeded.ts'
import { type Line, linesOf, without } from './lines.ts'
import { Tree } from './tree.ts'
import { TypeCheck } from './type-check.ts'

/** The tests that hold declarations against what is declared, the quickest first. */
const TESTS = [
  'tests/machines/emitted.test.ts',
  'tests/machines/commands.test.ts',
  'tests/runner/needs.test.ts',
  'tests/machines/declarations.test.ts',
]
const TEST_CONFIG = 'vitest.lines.config.js'

export interface Found {
  readonly lines: number
  readonly byCompiler: number
  readonly byTests: number
  /** Lines that nobody misses. */
  readonly left: readonly Line[]
}

/** Which lines are taken out. */
export interface Sample {
  /** Those of files whose path begins so. */
  readonly under?: string
  /** So many of them, by chance of this seed. */
  readonly count?: number
  readonly seed: number
}

/**
 * Without a sample it takes each line, after it has seen that nothing is wrong with the tree as it is. A sample is part of tests that
 * would tell that themselves.
 */
export function survivors(report: (text: string) => void, sample?: Sample): Found {
  const tree = new Tree()
  const types = new TypeCheck(tree)
  try {
    tree.write(TEST_CONFIG, 'export default {}\n')
    const wrong = sample === undefined ? (types.error() ?? failure(tree)) : undefined
    if (wrong !== undefined) throw new Error(`the tree is wrong before a line is taken out: ${wrong}`)
    const all = [...types.sources()].flatMap(([file, source]) => linesOf(file, source))
    const lines = sample === undefined ? all : drawn(all, sample)
    let byCompiler = 0
    let byTests = 0
    const left: Line[] = []
    for (const line of lines) {
      const text = tree.read(line.file)
      tree.write(line.file, without(line, text))
      let who = types.errorAfter(line.file)
      if (who !== undefined) byCompiler++
      else {
        who = failure(tree)
        if (who !== undefined) byTests++
        else {
          who = types.error()
          if (who !== undefined) byCompiler++
          else left.push(line)
        }
      }
      report(`${line.file} ${line.name}: ${who ?? 'NOBODY MISSES IT'}`)
      tree.write(line.file, text)
      types.changed(line.file)
    }
    return { lines: lines.length, byCompiler, byTests, left }
  } finally {
    types.close()
    tree.remove()
  }
}

/** Returns the first test that fails. */
function failure(tree: Tree): string | undefined {
  const vitest = tree.path('node_modules/vitest/vitest.mjs')
  const args = ['run', '--root', tree.root, '--config', TEST_CONFIG, '--reporter=dot', '--no-color']
  for (const test of TESTS) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, ...args, test], {
      cwd: tree.root,
    })
    const text = `${stdout}${stderr}`
    if (status !== 0) return /^.*(FAIL|Error).*$/m.exec(text)?.[0].trim() ?? text.slice(-200)
  }
  return undefined
}

function drawn(lines: readonly Line[], { under = '', count, seed }: Sample): readonly Line[] {
  const rest = lines.filter(({ file }) => file.startsWith(under))
  if (count === undefined) return rest
  const random = seeded(seed)
  return Array.from({ length: Math.min(count, rest.length) }).flatMap(() =>
    rest.splice(Math.floor(random() * rest.length), 1),
  )
}
