import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assign, createMachine } from 'xstate'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { outcry } from '../runner/runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-own-store-'))
const data = join(folder, 'my-log')
const machines = join(folder, 'machines.mjs')
const xstate = JSON.stringify(import.meta.resolve('xstate'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const alarm = createMachine({
  id: 'alarm',
  context: { at: 0 },
  initial: 'quiet',
  states: { quiet: { on: { RING: { target: 'ringing', actions: assign({ at: 5 }) } } }, ringing: {} },
})

beforeAll(async () => {
  const supervisor = await createSupervisor({ store: await openLevelStore(data), machines: { alarm } })
  await supervisor.spawn('alarm', 'a')
  await supervisor.send('alarm/a', { type: 'RING' })
  await supervisor.stop()
  writeFileSync(
    machines,
    `import { assign, createMachine } from ${xstate}
     const alarm = createMachine({ id: 'alarm', context: { at: 0 }, initial: 'quiet', states: {
       quiet: { on: { RING: { target: 'ringing', actions: assign({ at: 5 }) } } }, ringing: {} } })
     export const machines = { alarm }`,
  )
})

describe('the store of a program', () => {
  it('is read by the folder that the program opened', async () => {
    const replay = await outcry('replay', 'alarm/a', '--data', data)
    expect([replay.code, replay.stdout]).toEqual([0, expect.stringContaining('quiet -> ringing')])
    const doctor = await outcry('doctor', '--data', data)
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('is whole')])
  })

  it('is listed, verified and copied with its own machines', async () => {
    const own = ['--data', data, '--machines', machines]
    const actors = await outcry('actors', 'alarm/', ...own, '--json')
    expect(JSON.parse(actors.stdout)).toMatchObject({ address: 'alarm/a', value: 'ringing' })
    const verify = await outcry('verify', ...own, '--json')
    expect([verify.code, JSON.parse(verify.stdout).problems]).toEqual([0, []])
    const copy = join(folder, 'copy')
    expect((await outcry('backup', copy, '--data', data)).code).toBe(0)
    expect((await outcry('replay', 'alarm/a', '--data', copy)).code).toBe(0)
  })

  it('asks for its machines when they are needed, and says how to name them', async () => {
    const actors = await outcry('actors', '--data', data)
    const listed =
      /alarm\/a +alarm@1 +2 .* ringing[\s\S]*1 actor of machines that are not named[\s\S]*--machines/
    expect([actors.code, actors.stdout]).toEqual([0, expect.stringMatching(listed)])
    const release = await outcry('release', 'alarm/a', '--data', data)
    expect([release.code, release.stderr]).toEqual([1, expect.stringMatching(/KIND_UNKNOWN.*--machines/)])
    const verify = await outcry('verify', '--data', data)
    expect([verify.code, verify.stdout]).toEqual([1, expect.stringMatching(/KIND_UNKNOWN[\s\S]*--machines/)])
  })

  it("may have kinds with the names of Outcry's kinds, in any version", async () => {
    const own = join(folder, 'namesakes')
    const of = (version?: string) =>
      createMachine({
        id: 'mine',
        ...(version && { version }),
        initial: 'new',
        states: { new: { on: { GO: 'gone' } }, gone: {} },
      })
    const kinds = { order: of(), list: of('4'), emaCross: of('4+2') }
    const supervisor = await createSupervisor({ store: await openLevelStore(own), machines: kinds })
    for (const kind of Object.keys(kinds)) {
      await supervisor.spawn(kind, 'o-1')
      await supervisor.send(`${kind}/o-1`, { type: 'GO' })
    }
    await supervisor.stop()
    const actors = await outcry('actors', '--data', own)
    expect([actors.code, actors.stderr]).toEqual([0, ''])
    for (const kind of ['order@1', 'list@4', 'emaCross@4+2'])
      expect(actors.stdout).toMatch(new RegExp(`/o-1 +${kind.replace('+', '.')} +2 .* gone`))
    const replay = await outcry('replay', 'order/o-1', '--data', own)
    expect([replay.code, replay.stdout]).toEqual([0, expect.stringContaining('new -> gone')])
    const verify = await outcry('verify', '--data', own)
    expect([verify.code, verify.stdout]).toEqual([1, expect.stringMatching(/KIND_UNKNOWN[\s\S]*--machines/)])
  })

  it('is reported as missing in a folder without a log', async () => {
    const { code, stderr } = await outcry('actors', '--data', folder)
    expect([code, stderr]).toEqual([1, expect.stringContaining(`STORE_NONE: there is no log in ${folder}.`)])
  })
})

describe('the doctor', () => {
  it('lists a problem of many actors ten times, and counts the others', async () => {
    const many = join(folder, 'many')
    const supervisor = await createSupervisor({ store: await openLevelStore(many), machines: { alarm } })
    for (let i = 0; i < 40; i++) await supervisor.spawn('alarm', `a-${i}`)
    await supervisor.stop()
    rmSync(join(many, 'CURRENT'))
    const { stdout, code } = await outcry('doctor', '--data', many)
    expect(code).toBe(1)
    expect(stdout.match(/STORE_INDEX +alarm/g)).toHaveLength(9)
    // The dead letters' collector is an actor, too.
    expect(stdout).toMatch(/STORE_INDEX +31 more like this/)
    const whole = JSON.parse((await outcry('doctor', '--data', many, '--json')).stdout)
    expect(whole.damage.filter((d: { code: string }) => d.code === 'STORE_INDEX')).toHaveLength(41)
  })
})
