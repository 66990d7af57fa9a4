/** Tests where the command line writes colors: never into a pipe, unless the user says so. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { program } from '../programs/program.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The words of a machine on colors; the rest of its environment is kept. */
const { CI, COLORTERM, FORCE_COLOR, GITHUB_ACTIONS, NO_COLOR, TERM, ...quiet } = process.env

/** Resolves with what a command in a terminal of `script`, or else in a pipe, writes to stdout and stderr. */
async function written(says: NodeJS.ProcessEnv, inTerminal: boolean): Promise<string> {
  // A folder without a log: one line to stderr, whose code has a color.
  const args = [...program('tools/cli/main.ts'), 'actors', '--data', '/dev/null/none']
  const options = { cwd: ROOT, env: { ...quiet, ...says } }
  const command = inTerminal
    ? promisify(execFile)(
        'script',
        ['-qec', [process.execPath, ...args].map((one) => `'${one}'`).join(' '), '/dev/null'],
        options,
      )
    : promisify(execFile)(process.execPath, args, options)
  const { stdout, stderr } = await command.catch((failed: { stdout: string; stderr: string }) => failed)
  expect(stdout + stderr).toContain('STORE_NONE')
  return stdout + stderr
}

describe('the colors', () => {
  it.each<[NodeJS.ProcessEnv, boolean, boolean]>([
    [{}, false, false],
    [{ CI: 'true', GITHUB_ACTIONS: 'true', TERM: 'xterm-256color' }, false, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0', CI: 'true' }, false, false],
    [{ TERM: 'xterm' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ TERM: 'xterm', NO_COLOR: '1' }, true, false],
    [{ TERM: 'xterm', FORCE_COLOR: '0' }, true, false],
  ])('with %j, in a terminal: %j, are there: %j', async (says, inTerminal, areThere) => {
    expect((await written(says, inTerminal)).includes('\x1b[')).toBe(areThere)
  })
})
