/** In development a step that its kind does not declare is undone; a log that has such a step replays all the same. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { emit, sendTo, setup } from 'xstate'
import { z } from 'zod'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import { Harness } from './harness.ts'

const event = <T extends string>(type: T) => z.object({ type: z.literal(type) })
const to = (address: string, type: string) => sendTo(({ system }) => system.get(address), { type })

const machine = setup({}).createMachine({
  id: 'crier',
  version: '1',
  initial: 'quiet',
  states: { quiet: {} },
  on: {
    CRY: { actions: emit({ type: 'CRIED' }) },
    WHISPER: { actions: emit({ type: 'WHISPERED' }) },
    CALL: { actions: to('crier/other', 'CRY') },
    ASK: { actions: to('crier/other', 'WHISPER') },
    WAIT: { actions: sendTo(({ system }) => system.get('crier/other'), { type: 'WHISPER' }, { delay: 10 }) },
    POKE: { actions: sendTo(({ self }) => self, { type: 'CRY' }) },
  },
})
const declared: Registration = { machine, emits: [event('CRIED')], sends: { crier: [event('CRY')] } }
const one = 'crier/one'

async function opened(crier: Registration, harness = new Harness()): Promise<Harness> {
  await harness.open({ machines: { crier } })
  return harness
}

async function withTwo(crier: Registration): Promise<Harness> {
  const harness = await opened(crier)
  await harness.supervisor.spawn('crier', 'one')
  await harness.supervisor.spawn('crier', 'other')
  return harness
}

afterEach(() => vi.unstubAllEnvs())

describe('in development', () => {
  it.each([
    ['WHISPER', 'crier/one emits WHISPERED, which its kind does not declare'],
    ['ASK', 'crier/one sends WHISPER to crier/other, which its kind does not declare'],
    ['WAIT', 'crier/one sends WHISPER to crier/other, which its kind does not declare'],
  ])('a %s that does what is not declared is undone', async (type, message) => {
    vi.stubEnv('NODE_ENV', 'development')
    const { supervisor } = await withTwo(declared)
    const before = supervisor.getSnapshot('crier/other')
    await expect(supervisor.send(one, { type })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      message: expect.stringContaining(message),
    })
    expect(supervisor.getSnapshot('crier/other')).toEqual(before)
    await supervisor.stop()
  })

  it.each(['CRY', 'CALL', 'POKE'])('a %s that does what is declared is done', async (type) => {
    vi.stubEnv('NODE_ENV', 'development')
    const { supervisor } = await withTwo(declared)
    await expect(supervisor.send(one, { type })).resolves.toMatchObject({ seq: expect.any(Number) })
    await supervisor.stop()
  })

  it.each([
    ['nothing', { machine }],
    [
      'events whose types no schema tells',
      { machine, emits: [z.any()], sends: { '*': [z.looseObject({})] } },
    ],
  ])('a kind that declares %s does what it likes', async (_, crier) => {
    vi.stubEnv('NODE_ENV', 'development')
    const { supervisor } = await withTwo(crier)
    for (const type of ['WHISPER', 'ASK']) await supervisor.send(one, { type })
    await supervisor.stop()
  })

  it('a log that production has written replays, with what is not declared', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const harness = await withTwo(declared)
    for (const type of ['WHISPER', 'ASK']) await harness.supervisor.send(one, { type })
    await harness.supervisor.stop()
    vi.stubEnv('NODE_ENV', 'development')
    await opened(declared, harness)
    expect(await harness.supervisor.verify()).toMatchObject({ problems: [] })
    expect(await harness.supervisor.stateAt(one, { rev: 2 })).toMatchObject({ value: 'quiet' })
    await harness.supervisor.stop()
  })
})
