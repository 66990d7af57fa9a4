import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcry } from '../runner/runner-process.ts'
import { howMany, SEED, seeded } from '../seeded.ts'
import { mountDisk, NO_MOUNT } from './disk/mount.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-disk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const market = ['--market', 'sim', '--speed', 'max', '--no-server'] as const

describe('a full disk', () => {
  const mount = join(folder, 'tiny')
  const isMounted = mountDisk(mount, '2m')
  afterAll(() => {
    if (isMounted) execFileSync('umount', [mount])
  })

  it('ends the runner, which names the reason; with space again it continues at the last acknowledged record', async ({
    skip,
  }) => {
    skip(!isMounted, NO_MOUNT)
    const data = join(mount, 'data')
    const full = await outcry('run', '--data', data, ...market)
    expect([full.code, full.stderr]).toEqual([1, expect.stringMatching(/STORE_FENCED|VENUE_WRITE_FAILED/)])
    expect(full.stderr.trim().split('\n').at(-1)).toContain('No space left on device')
    execFileSync('mount', ['-o', 'remount,size=16m', mount])
    const verify = await outcry('verify', '--data', data, '--json')
    expect([verify.code, JSON.parse(verify.stdout).problems]).toEqual([0, []])
  })
})

describe('a log with one changed byte', () => {
  const whole = join(folder, 'whole')
  beforeAll(async () => {
    const config = join(folder, 'short.yaml')
    writeFileSync(config, 'market: { speed: max, startAt: 1700000000000, durationMs: 20000 }\n')
    const run = await outcry('run', '--config', config, '--data', whole, '--no-server')
    expect(run.code, run.stderr).toBe(0)
    // Opening the log again moves the records from LevelDB's log into its tables.
    await outcry('verify', '--data', whole)
  })

  it(`is refused in one line, and repaired by the doctor up to the damage, seed ${SEED}`, async () => {
    const log = join(whole, 'log')
    const files = readdirSync(log).filter(
      (name) => /\.(ldb|log)$/.test(name) && statSync(join(log, name)).size > 1_000,
    )
    expect(files.length).toBeGreaterThan(0)
    const random = seeded(SEED)
    const places = files.flatMap((name) => [0.2, 0.5, 0.8].map((part) => ({ name, part, order: random() })))
    const some = places.sort((a, b) => a.order - b.order).slice(0, howMany('DAMAGED_LOGS', 2))
    for (const { name, part } of some) {
      const data = join(folder, `${name}-${part}`)
      cpSync(whole, data, { recursive: true })
      const bytes = readFileSync(join(data, 'log', name))
      const at = Math.floor(bytes.length * part)
      bytes[at] = (bytes[at] as number) ^ 0xff
      writeFileSync(join(data, 'log', name), bytes)
      const verify = await outcry('verify', '--data', data)
      expect([name, part, verify.code]).toEqual([name, part, 1])
      expect(verify.stdout + verify.stderr).toMatch(/STORE_|damaged|missing/)
      expect(verify.stderr).not.toContain('    at ')
      const doctor = await outcry('doctor', '--data', data)
      expect([name, part, doctor.code]).toEqual([name, part, 1])
      const cut = await outcry('doctor', '--data', data, '--cut')
      expect([cut.code, cut.stderr]).toEqual([0, ''])
      const again = await outcry('verify', '--data', data, '--json')
      expect([again.code, JSON.parse(again.stdout).problems]).toEqual([0, []])
    }
  })
})
