/** The guards of every record: of random machines, of the SCXML suite, of trading's machines, of runs of the first version and of the last. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { machines } from '../../../machines/index.ts'
import { Registry } from '../../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../../src/runtime/record/log.ts'
import { SCRIPTED, type Step } from '../../machines/scripts.ts'
import { unpack } from '../../runner/golden/run.ts'
import { CASES, REFUSED } from '../../scxml/cases.ts'
import { howMany, SEED, seeded } from '../../seeded.ts'
import { Harness } from '../harness.ts'
import { config, machineOf, script } from '../random-machine.ts'
import { everyRecord, type Found } from './every-record.ts'

const MACHINES = howMany('MACHINES', 6)

async function play(machine: AnyStateMachine, input: unknown, steps: readonly Step[]): Promise<Found> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { played: machine } })
  await supervisor.spawn('played', 'a', input).catch(() => {})
  for (const step of steps) {
    if ('wait' in step) harness.clock.advanceTo(harness.clock.now() + step.wait)
    else await supervisor.send('played/a', { at: harness.clock.now(), ...step.send }).catch(() => {})
    await supervisor.idle()
  }
  const found = await everyRecord(harness.store, supervisor.registry, seeded(SEED))
  await supervisor.stop()
  return found
}

describe(`a replay that records leads to the same, and what no guard read decides nothing (seed ${SEED})`, () => {
  it('of random machines', async () => {
    let guards = 0
    await fc.assert(
      fc.asyncProperty(config, script, async (config, steps) => {
        const found = await play(machineOf(config), undefined, steps)
        expect(found.problems).toEqual([])
        guards += found.guards
      }),
      { seed: SEED, numRuns: MACHINES },
    )
    expect(guards).toBeGreaterThan(MACHINES)
  })

  it.each(SCRIPTED)('of the machine $name', async ({ machine, input, steps }) => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        expect((await play(machine, input, steps)).problems).toEqual([])
      }),
      { seed: SEED, numRuns: Math.ceil(MACHINES / 3) },
    )
  })

  it('of the SCXML suite', async () => {
    let guards = 0
    for (const { name, machine, script } of CASES.filter((one) => one.name !== REFUSED)) {
      const steps = script.events.flatMap(({ after = 0, event }) => [
        { wait: after },
        { send: { type: event.name } },
      ])
      const found = await play(machine, undefined, [...steps, { wait: 1_000 }])
      expect({ name, problems: found.problems }).toEqual({ name, problems: [] })
      guards += found.guards
    }
    expect(guards).toBeGreaterThan(100)
  })

  const golden = new URL('../../runner/golden/', import.meta.url).pathname
  const runs = readdirSync(golden).filter((name) => name.endsWith('.br'))
  it.each([runs[0] as string, runs.at(-1) as string])('of the run %s', async (run) => {
    const data = mkdtempSync(join(tmpdir(), 'outcry-explain-'))
    unpack(join(golden, run), data)
    const store = await openLevelStore(join(data, 'log'))
    const found = await everyRecord(store, new Registry(machines), seeded(SEED))
    await store.close()
    rmSync(data, { recursive: true })
    expect(found.problems).toEqual([])
    expect(found.guards).toBeGreaterThan(300)
    expect(found.refused).toBeGreaterThan(100)
    expect(found.changed).toBeGreaterThan(100)
    // Some of what a guard reads decides by itself.
    expect(found.flipped).toBeGreaterThan(10)
  })
})
