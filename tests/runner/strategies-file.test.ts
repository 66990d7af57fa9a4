import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { readStrategiesFile, writeStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { modulePath } from '../programs/program.ts'
import { SEED, seeded } from '../seeded.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-strategies-file-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const KILLS = 10

/** The n-th of the contents that the child writes: long enough that a write takes several pages. */
const contentOf = (n: number) =>
  new Map(
    Array.from({ length: 400 }, (_, i) => [`s${i}`, `/modules/${n % 7}/${'x'.repeat(n % 97)}.ts`] as const),
  )

describe('strategies.json', () => {
  it(`is whole whenever its writer is killed, seed ${SEED}`, async () => {
    const data = mkdtempSync(join(folder, 'killed-'))
    const script = join(folder, 'writer.mjs')
    writeFileSync(
      script,
      `import { writeStrategiesFile } from ${JSON.stringify(pathToFileURL(modulePath('src/runner/folder/strategies-file.ts')).href)}
const contentOf = (n) => new Map(Array.from({ length: 400 }, (_, i) => ['s' + i, '/modules/' + (n % 7) + '/' + 'x'.repeat(n % 97) + '.ts']))
for (let n = Number(process.argv[3]); ; n++) {
  writeStrategiesFile(process.argv[2], contentOf(n))
  process.stdout.write(n + '\\n')
}`,
    )
    const random = seeded(SEED)
    let next = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const after = 1 + Math.floor(random() * 40)
      const last = await killedAfter(spawn(process.execPath, [script, data, String(next)]), after)
      const found = readStrategiesFile(data)
      // What was acknowledged is there, or what was about to be.
      expect([contentOf(last), contentOf(last + 1)]).toContainEqual(found)
      next = last + 1
    }
    writeStrategiesFile(data, contentOf(3))
    expect(readStrategiesFile(data)).toEqual(contentOf(3))
  })

  it.each([
    ['is torn', '{"modules":{"quiet":"/ho'],
    ['is empty', ''],
    ['is something else', '[]'],
    ['has what is no path', '{"modules":{"quiet":7}}'],
    ['has more than modules', '{"modules":{},"run":"it"}'],
  ])('that %s is refused by its name', (_, text) => {
    const data = mkdtempSync(join(folder, 'torn-'))
    writeFileSync(join(data, 'strategies.json'), text)
    expect(() => readStrategiesFile(data)).toThrow(
      expect.objectContaining({
        code: 'STRATEGIES_UNREADABLE',
        message: expect.stringContaining(join(data, 'strategies.json')),
      }),
    )
  })

  it('may be missing, as where nobody ran a module', () => {
    expect(readStrategiesFile(join(folder, 'none'))).toEqual(new Map())
  })
})

/** Kills the child once it has acknowledged so many writes; resolves with the number of the last that it has. */
async function killedAfter(child: ChildProcess, writes: number): Promise<number> {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (data) => {
    text += data
    if (text.split('\n').length > writes) child.kill('SIGKILL')
  })
  let failure = ''
  child.stderr?.setEncoding('utf8').on('data', (data) => {
    failure += data
  })
  await new Promise((resolve) => child.once('close', resolve))
  const lines = text.split('\n').slice(0, -1)
  if (lines.length === 0) throw new Error(`the writer wrote nothing: ${failure}`)
  return Number(lines.at(-1))
}
