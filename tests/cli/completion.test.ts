/** Tests the completion of commands and options, in a real bash. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { program } from '../programs/program.ts'
import { outcry } from '../runner/runner-process.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NODE = [process.execPath, ...program('tools/cli/main.ts')]

/** Returns what bash offers for the last of the words. The function that finds the words is of bash-completion. */
async function offered(...words: string[]): Promise<string[]> {
  const script = `
    outcry() { ${NODE.map((word) => `'${word}'`).join(' ')} "$@"; }
    _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${COMP_WORDS[COMP_CWORD]}"; }
    compopt() { :; }
    source <(outcry completion bash)
    COMP_WORDS=(outcry "$@"); COMP_CWORD=$#
    __outcry_complete
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...words], { cwd: ROOT })
  return stdout.trim().split('\n')
}

describe('the completion in bash', () => {
  it.each([
    [['repl'], ['replay']],
    [['events', '--sev'], ['--severity']],
    [
      ['events', '--severity', ''],
      ['info', 'warning', 'error', 'critical'],
    ],
    [['re'], expect.arrayContaining(['replay', 'release', 'restore', 'restart'])],
  ])('offers for %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected)
  })
})

describe('the command that prints the script', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('knows %s', async (shell) => {
    const { code, stdout, stderr } = await outcry('completion', shell)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('outcry complete')
  })

  it('refuses another shell', async () => {
    const { code, stderr } = await outcry('completion', 'csh')
    expect(code).toBe(2)
    expect(stderr).toContain('bash')
  })
})
