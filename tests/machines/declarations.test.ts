import { describe, expect, it, vi } from 'vitest'
import type { AnyEventObject } from 'xstate'
import { machines } from '../../machines/index.ts'
import { checks, type Declaration, GIVEN, typesOf } from '../../machines/kind/kind.ts'
import { play, type Seen } from './play.ts'
import { SCRIPTED, type Scripted } from './scripts.ts'

/** What a kind says of itself, by the types of events. */
interface Said {
  readonly accepts: readonly string[]
  readonly ignores: readonly string[]
  readonly raises: readonly string[]
  readonly emits: readonly string[]
  /** `account RISK_FLAG`. */
  readonly sends: readonly string[]
}

const DECLARED = SCRIPTED.filter(({ name }) => 'emits' in machines[name])

function saidOf(kind: Declaration): Said {
  return {
    accepts: typesOf(kind.events.options),
    ignores: kind.ignores,
    raises: kind.raises,
    emits: typesOf(kind.emits),
    sends: Object.entries(kind.sends).flatMap(([to, schemas]) =>
      typesOf(schemas).map((type) => `${to} ${type}`),
    ),
  }
}

/** Returns where what a kind says and what it does are not the same. */
function discrepancies(
  said: Said,
  { events }: Scripted['machine'],
  seen: readonly Seen[],
  /** Kinds that it sends to by name: what goes to others goes where an event has said. */
  named: ReadonlySet<string>,
): readonly string[] {
  const takes = [...events.map(String).filter((type) => !type.startsWith('xstate.')), ...said.ignores]
  const ignored = said.ignores.filter((type) => events.includes(type))
  const sends = seen.flatMap(({ to, type }) => {
    if (to === undefined) return []
    return named.has(to) ? `${to} ${type}` : `${GIVEN} ${type}`
  })
  const emits = seen.filter(({ to }) => to === undefined).map(({ type }) => type)
  return [
    ...ignored.map((type) => `takes ${type}, and says that it does nothing about it`),
    ...between('takes', [...said.accepts, ...said.raises], takes),
    ...between('emits', said.emits, emits),
    ...between('sends', said.sends, sends),
  ]
}

function between(what: string, said: readonly string[], done: readonly string[]): readonly string[] {
  return [
    ...said.filter((one) => !done.includes(one)).map((one) => `says that it ${what} ${one}, and does not`),
    ...[...new Set(done)]
      .filter((one) => !said.includes(one))
      .map((one) => `${what} ${one}, and does not say so`),
  ]
}

/** Of each kind, every declaration with one line less. */
function* shortened(said: Said): Generator<readonly [line: string, said: Said]> {
  for (const [key, lines] of Object.entries(said) as [keyof Said, readonly string[]][])
    for (const line of lines)
      yield [`${key} ${line}`, { ...said, [key]: lines.filter((one) => one !== line) }]
}

describe.each(DECLARED)('what $name says of itself', (scripted) => {
  const kind = machines[scripted.name] as Declaration
  const said = saidOf(kind)
  const named = new Set(Object.keys(kind.sends))
  const seen = play(scripted, 1)

  it('is what it does', () => {
    expect(discrepancies(said, scripted.machine, seen, named)).toEqual([])
  })

  it('is missed, line by line', () => {
    for (const [line, less] of shortened(said))
      expect(discrepancies(less, scripted.machine, seen, named), line).not.toEqual([])
  })
})

it.each(['production', 'development', ''])(
  'a machine does the same where NODE_ENV is "%s": its log is replayed anywhere',
  async (env) => {
    vi.stubEnv('NODE_ENV', env)
    vi.resetModules()
    const { acts } = await import('../../machines/kind/kind.ts')
    const { emit, tell } = acts(machines.news, {} as { context: object; events: AnyEventObject })
    expect(() => emit({ type: 'ORDER_FILLED' } as never)).not.toThrow()
    expect(() => tell('order/o', { type: 'RISK_FLAG' } as never)).not.toThrow()
    vi.unstubAllEnvs()
    vi.resetModules()
  },
)

describe('a kind', () => {
  const { emits, sends } = checks(machines.news)

  it('cannot emit what its declaration does not have', () => {
    emits({ type: 'NEWS_INGESTED' })
    expect(() => emits({ type: 'ORDER_FILLED' })).toThrow(
      expect.objectContaining({ code: 'KIND_UNDECLARED' }),
    )
  })

  it('cannot send what its declaration does not have', () => {
    sends('account/sim', { type: 'RISK_FLAG' })
    expect(() => sends('account/sim', { type: 'FILL' })).toThrow(
      expect.objectContaining({ code: 'KIND_UNDECLARED' }),
    )
    expect(() => sends('order/o', { type: 'RISK_FLAG' })).toThrow(
      expect.objectContaining({ code: 'KIND_UNDECLARED' }),
    )
  })
})
