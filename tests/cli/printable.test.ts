/** Tests that texts of a venue, a client or a stranger's folder move no cursor and hide no line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pc from 'picocolors'
import { afterAll, describe, expect, it } from 'vitest'
import { assign, createMachine, emit } from 'xstate'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { printable } from '../../tools/cli/printable.ts'
import { outcry } from '../runner/runner-process.ts'
import { SEED } from '../seeded.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-printable-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sets a color and the window's title, clears the screen, overwrites a line, and turns a text backwards. */
const EVIL = '\u001b[31m\u001b]0;mine\u0007\u001b[2J\u009b1A\rall is well\u202e'
/** A line that would look like one of ours. */
const FORGED = '\n2026-01-01 00:00:00.000  ORDER_FILLED'
const SHOWN = '\\n2026-01-01 00:00:00.000  ORDER_FILLED'
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const controlsIn = (text: string) => (text.match(CONTROL) ?? []).filter((found) => !'\n\t'.includes(found))

describe('a text', () => {
  it(`has no characters that a terminal obeys, and is the same in JSON, seed ${SEED}`, () => {
    const texts = fc.string({ unit: fc.oneof(fc.constantFrom(...EVIL), fc.string({ unit: 'binary' })) })
    fc.assert(
      fc.property(texts, (text) => {
        expect(controlsIn(printable(text, false))).toEqual([])
        expect(controlsIn(printable(text.replaceAll('\u001b[', ''), true))).toEqual([])
        expect(JSON.parse(printable(JSON.stringify({ text }), false))).toEqual({ text })
      }),
      { seed: SEED },
    )
  })

  it('keeps its colours, its lines and its letters', () => {
    const { bold, dim, green, red, yellow } = pc.createColors(true)
    for (const text of [
      bold('a'),
      dim('b'),
      green('c'),
      red(`d ${yellow('e')} f`),
      'a\tb\nc',
      '币安人生 🚀 é',
    ])
      expect(printable(text, true)).toBe(text)
    for (const code of ['[8m', '[30m', '[37m', '[97m', '[3;1H'])
      expect(printable(`\u001b${code}hidden`, true)).toBe(`\\u001b${code}hidden`)
    expect(printable('\u001b[31mred', false)).toBe('\\u001b[31mred')
  })
})

describe('the command line', () => {
  const machine = createMachine({
    context: { said: '' },
    on: {
      SAY: {
        actions: [
          assign({ said: ({ event }) => event.text }),
          emit(({ event }) => {
            const { text } = event as { text?: string }
            return { type: `SAID${text}`, text }
          }),
        ],
      },
      FAIL: {
        actions: () => {
          throw new Error(EVIL)
        },
      },
    },
  })

  it('shows the texts of actors and clients, and their failures', async () => {
    const supervisor = await createSupervisor({
      store: await openLevelStore(folder),
      machines: { talker: { machine, supervision: { strategy: 'quarantine' } } },
      logger: silentLogger,
    })
    await supervisor.spawn('talker', 'a')
    await supervisor.send('talker/a', { type: 'SAY', text: `${EVIL}${FORGED}` })
    await supervisor.send('talker/a', { type: 'FAIL' }).catch(() => {})
    await supervisor.stop()
    for (const command of [
      ['actors'],
      ['events'],
      ['events', '--count'],
      ['replay', 'talker/a'],
      ['replay', 'talker/a', '--json'],
      ['verify'],
    ]) {
      const { stdout, stderr } = await outcry(...command, '--data', folder)
      expect([command, controlsIn(stdout), controlsIn(stderr)]).toEqual([command, [], []])
      if (command[0] === 'replay') expect(stdout).toContain('all is well')
      if (command[0] === 'events')
        expect([stdout.includes(FORGED), stdout.includes(SHOWN)]).toEqual([false, true])
    }
    const { stderr } = await outcry('replay', `talker/${EVIL}`, '--data', folder)
    expect([controlsIn(stderr), stderr.includes('all is well')]).toEqual([[], true])
  })
})
