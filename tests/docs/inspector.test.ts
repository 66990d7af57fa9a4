/** Runs the story of docs/inspector.md: each command prints what the page says. */
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program } from '../programs/program.ts'

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))
const MAIN = program('tools/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'outcry-story-'))
const bin = join(folder, 'bin')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Commands of the page, each with the output below it. */
const BLOCKS = [
  ...readFileSync(join(DOCS, 'inspector.md'), 'utf8').matchAll(
    /```sh\n(.*?)\n```(?:\n\n```text\n(.*?)\n```)?/gs,
  ),
].map(([, command = '', output]) => ({ command, output }))

async function shell(command: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', PATH: `${bin}:${process.env.PATH}` }
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: folder, env })
  return stdout
}

/** Returns a text without spaces at the ends of its lines, which no page keeps. */
const trimmed = (text: string) => text.replace(/ +$/gm, '').trimEnd()

describe('the story of the inspector', () => {
  beforeAll(() => {
    copyFileSync(join(DOCS, 'story.yaml'), join(folder, 'story.yaml'))
    mkdirSync(bin)
    // `npx outcry` is the command of this tree.
    const words = [process.execPath, ...MAIN]
    writeFileSync(
      join(bin, 'npx'),
      `#!/bin/sh\nshift\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`,
    )
    chmodSync(join(bin, 'npx'), 0o755)
  })

  it('has commands', () => {
    expect(BLOCKS.filter(({ output }) => output !== undefined).length).toBeGreaterThan(6)
  })

  it.each(BLOCKS)('$command', async ({ command, output }) => {
    const printed = await shell(command)
    if (output !== undefined) expect(trimmed(printed)).toBe(trimmed(output))
  })
})
