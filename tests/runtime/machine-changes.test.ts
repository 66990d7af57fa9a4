/**
 * Tests that a machine with a changed structure needs a new version: a start refuses it, and does not continue in wrong
 * states.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AnyStateMachine, assign, createMachine, fromPromise, fromTransition, raise } from 'xstate'
import { machines } from '../../machines/index.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { differences, structureOf } from '../../src/runtime/xstate/structure.ts'
import { Harness } from './harness.ts'

const kid = createMachine({ id: 'kid', initial: 'on', states: { on: { on: { HI: {} } } } })
type Config = Record<string, unknown>

const base = {
  id: 'm',
  initial: 'a',
  states: {
    a: { on: { GO: 'b' }, after: { 1000: 'b', patience: 'c' }, invoke: { src: 'kid', id: 'k' } },
    b: {
      initial: 'x',
      states: { x: {}, y: {}, h: { type: 'history' } },
      always: { guard: 'never', target: 'c' },
    },
    c: { type: 'parallel', states: { l: {}, r: {} } },
  },
}
const parts = {
  actors: { kid },
  delays: { patience: 500 },
  guards: { never: () => false },
  actions: { note: () => {} },
}
const make = (change: (config: Config) => void = () => {}, more: Config = {}): AnyStateMachine => {
  const config = structuredClone(base) as Config
  change(config)
  return createMachine(config as never, { ...parts, ...more } as never)
}
// biome-ignore lint/suspicious/noExplicitAny: configurations are changed anywhere
type Any = any

describe('the structure of a machine', () => {
  it.each<[string, AnyStateMachine]>([
    ['an action’s name', make((c: Any) => Object.assign(c.states.a, { entry: 'note' }))],
    ['an action', make(undefined, { actions: { note: () => 1 } })],
    [
      'an action in place',
      make((c: Any) =>
        Object.assign(c.states.a.on, { GO: { target: 'b', actions: [assign({}), raise({ type: 'X' })] } }),
      ),
    ],
    ['a guard', make((c: Any) => Object.assign(c.states.a.on, { GO: { target: 'b', guard: () => true } }))],
    ['the context', make((c: Any) => Object.assign(c, { context: { n: 1 } }))],
    ['the order of events', make((c: Any) => Object.assign(c.states.a, { on: { ...c.states.a.on } }))],
    ['a description', make((c: Any) => Object.assign(c.states.a, { description: 'waits', meta: { x: 1 } }))],
    [
      'what a child does',
      make(undefined, { actors: { kid: createMachine({ ...kid.config, context: { n: 1 } } as never) } }),
    ],
  ])('is the same when %s differs', (_, machine) => {
    expect(differences(structureOf(make()), structureOf(machine))).toEqual([])
  })

  it.each<[string, AnyStateMachine, string[]]>([
    ['a target', make((c: Any) => Object.assign(c.states.a.on, { GO: 'c' })), ['state "m.a" is another']],
    ['an event', make((c: Any) => Object.assign(c.states.a.on, { BACK: 'c' })), ['state "m.a" is another']],
    [
      'an event without a target',
      make((c: Any) => Object.assign(c.states.a.on, { NOTE: {} })),
      ['state "m.a" is another'],
    ],
    [
      'a delay',
      make((c: Any) => Object.assign(c.states.a, { after: { 2000: 'b', patience: 'c' } })),
      ['state "m.a" is another'],
    ],
    ['a named delay', make(undefined, { delays: { patience: 501 } }), ['delays is another']],
    [
      'a named delay that is a function now',
      make(undefined, { delays: { patience: () => 500 } }),
      ['delays is another'],
    ],
    [
      'an initial state',
      make((c: Any) => Object.assign(c.states.b, { initial: 'y' })),
      ['state "m.b" is another'],
    ],
    [
      'a history',
      make((c: Any) => Object.assign(c.states.b.states.h, { history: 'deep' })),
      ['state "m.b.h" is another'],
    ],
    [
      'a type',
      make((c: Any) => Object.assign(c.states.b.states.y, { type: 'final' })),
      ['state "m.b.y" is another'],
    ],
    [
      'the id of a child',
      make((c: Any) => Object.assign(c.states.a.invoke, { id: 'other' })),
      ['state "m.a" is another'],
    ],
    [
      'a state',
      make((c: Any) => Object.assign(c.states, { d: {} })),
      ['state "m" is another', 'state "m.d" is new'],
    ],
    [
      'a name of a state',
      make((c: Any) => {
        c.states.b.states = { x: {}, z: {}, h: { type: 'history' } }
      }),
      ['state "m.b" is another', 'state "m.b.z" is new', 'state "m.b.y" is gone'],
    ],
    [
      'a child’s state',
      make(undefined, { actors: { kid: createMachine({ id: 'kid', initial: 'on', states: { on: {} } }) } }),
      ['kid: state "kid.on" is another'],
    ],
    [
      'the sort of a child',
      make(undefined, { actors: { kid: fromPromise(async () => 1) } }),
      ['child "kid" is another', 'kid: state "kid" is gone', 'kid: state "kid.on" is gone'],
    ],
    [
      'a child',
      make(undefined, { actors: { kid, more: fromTransition((n) => n, 0) } }),
      ['child "more" is new'],
    ],
  ])('differs when %s differs', (_, machine, expected) => {
    expect(differences(structureOf(make()), structureOf(machine))).toEqual(expected)
  })

  it('is found for a machine that is its own child', () => {
    const actors: Record<string, AnyStateMachine> = {}
    actors.self = createMachine({ id: 'self' }, { actors })
    expect(Object.keys(structureOf(actors.self))).toContain('state "self"')
  })

  it('is the same from sources and from a build', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outcry-structure-'))
    try {
      const outfile = join(folder, 'machines.mjs')
      const entryPoints = [join(import.meta.dirname, '../../machines/index.ts')]
      await build({
        entryPoints,
        outfile,
        bundle: true,
        minify: true,
        format: 'esm',
        platform: 'node',
        logLevel: 'silent',
      })
      const built = (await import(pathToFileURL(outfile).href)) as { machines: typeof machines }
      const structures = (of: typeof machines) =>
        [...new Registry(of).kinds].map(({ label, machine }) => [label, structureOf(machine)])
      expect(structures(built.machines)).toEqual(structures(machines))
      // The structures are in every checkpoint.
      expect(JSON.stringify(structures(machines)).length).toBeLessThan(50_000)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a start with a machine of another structure and the same version', () => {
  const changed = make((c: Any) => Object.assign(c.states.a.on, { GO: 'c', BACK: 'c' }))

  async function lived(how: 'stopped' | 'killed'): Promise<Harness> {
    const harness = new Harness()
    await harness.open({ machines: { m: make(), other: kid } })
    await harness.supervisor.spawn('m', 'x')
    if (how === 'stopped') await harness.supervisor.stop()
    else await harness.crash()
    return harness
  }

  afterEach(() => vi.unstubAllEnvs())

  it.each(['stopped', 'killed'] as const)(
    'is refused, with the differences and the remedy (%s)',
    async (how) => {
      const harness = await lived(how)
      for (let n = 0; n < 2; n++)
        await expect(harness.open({ machines: { m: changed, other: kid } })).rejects.toMatchObject({
          code: 'MACHINE_CHANGED',
          message: expect.stringContaining('m@1 (state "m.a" is another)'),
          hint: expect.stringContaining('--accept-changes'),
        })
      await harness.open({ machines: { m: make(), other: kid } })
      await harness.supervisor.send('m/x', { type: 'GO' })
      expect(harness.value('m/x')).toEqual({ b: 'x' })
    },
  )

  it.each<[string, () => { acceptChanges?: boolean }]>([
    ['when the caller requests it', () => ({ acceptChanges: true })],
    [
      'in development',
      () => {
        vi.stubEnv('NODE_ENV', 'development')
        return {}
      },
    ],
  ])('is accepted with a warning %s, and is the known structure from then on', async (_, options) => {
    const harness = await lived('stopped')
    await harness.open({ machines: { m: changed, other: kid }, ...options() })
    expect(harness.errors.join()).toContain('m@1 (state "m.a" is another)')
    vi.unstubAllEnvs()
    await harness.crash()
    await harness.open({ machines: { m: changed, other: kid } })
    await harness.supervisor.stop()
    await expect(harness.open({ machines: { m: make(), other: kid } })).rejects.toMatchObject({
      code: 'MACHINE_CHANGED',
    })
  })

  it('is accepted for a kind that has no actors yet', async () => {
    const harness = await lived('stopped')
    await harness.open({ machines: { m: make(), other: changed } })
    expect(harness.errors).toEqual([])
    await harness.supervisor.spawn('other', 'o')
    await harness.crash()
    await expect(harness.open({ machines: { m: make(), other: kid } })).rejects.toMatchObject({
      code: 'MACHINE_CHANGED',
    })
  })

  it('is accepted with a new version; the old machine under `previous` must be unchanged', async () => {
    const harness = await lived('stopped')
    const v2 = createMachine({ ...(base as never as object), version: '2' } as never, parts as never)
    const upgrades = [{ from: '1', to: '2', migrate: (state: { value: unknown; context: unknown }) => state }]
    await expect(
      harness.open({ machines: { m: { machine: v2, upgrades, previous: [changed] }, other: kid } }),
    ).rejects.toMatchObject({ code: 'MACHINE_CHANGED' })
    await harness.open({ machines: { m: { machine: v2, upgrades, previous: [make()] }, other: kid } })
    await harness.supervisor.send('m/x', { type: 'GO' })
    expect(harness.value('m/x')).toEqual({ b: 'x' })
  })

  it('leaves no record: the log equals one without structures', async () => {
    const harness = await lived('killed')
    const before = (await harness.records()).length
    await harness.open({ machines: { m: changed, other: kid }, acceptChanges: true })
    expect(await harness.records()).toHaveLength(before)
  })
})
