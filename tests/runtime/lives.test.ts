import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { howMany, SEED, untilMet } from '../seeded.ts'
import type { Interruption } from './incarnations.ts'
import {
  type Course,
  courses,
  FEATURES,
  type Feature,
  faultOf,
  type Life,
  live,
  lives,
  STRAIGHT,
} from './lives.ts'

const LIVES = howMany('LIVES', 100)
/** Percentage of the lives that run on disk. */
const ON_DISK_PERCENT = 5

const features: ReadonlySet<Feature> = new Set(FEATURES)

const WAYS: readonly (readonly [name: string, how: readonly Interruption[]])[] = [
  ['passivations and orderly stops', ['stop']],
  ['passivations and crashes', ['crash']],
  ['all of these', ['stop', 'crash']],
]

const root = mkdtempSync(join(tmpdir(), 'outcry-lives-'))
let logs = 0
/** The types of events that happened in these lives. */
const seen = new Set<string>()

afterAll(() => rmSync(root, { recursive: true, force: true }))
// XState warns about each event to an ended actor, which is normal here.
beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))

async function check(life: Life, course: Course, folder?: string): Promise<void> {
  const straight = await live(life, STRAIGHT)
  for (const record of straight.records) for (const what of happenings(record)) seen.add(what)
  const fault = faultOf(straight, await live(life, course, folder))
  if (fault !== undefined) throw new Error(fault)
}

function happenings(record: TransitionRecord): string[] {
  const { event, actor, timer, emitted, intents, scheduled, canceled, stashed, child, status } = record
  const [isChild, own] = [
    actor.split('/').length > 2,
    /^outcry\.|^xstate\.promise/.test(event.type) && event.type,
  ]
  return [
    ...(own ? [own] : []),
    ...(own === 'outcry.restarted' && event.byHand ? ['a restart by hand'] : []),
    ...(own === 'outcry.released' && event.restarts ? ['a release that restarts'] : []),
    ...(own === 'outcry.failed' && event.event.type === 'outcry.restarted' ? ['a start that fails'] : []),
    ...(own === 'outcry.failed' ? [isChild ? 'a child fails' : `top actor: ${event.directive.action}`] : []),
    ...(timer === undefined ? [] : ['timer']),
    ...(emitted === undefined ? [] : ['emitted']),
    ...(intents === undefined ? [] : ['intent']),
    ...(scheduled?.some(({ target }) => target !== undefined && target !== actor)
      ? ['timer for another']
      : []),
    ...(canceled === undefined ? [] : ['canceled']),
    ...(stashed ? ['stashed'] : []),
    ...(child?.systemId === undefined ? [] : ['systemId']),
    ...(child?.syncSnapshot ? ['onSnapshot'] : []),
    ...(status === undefined ? [] : [status]),
    ...(event.type === 'DEAD_LETTER' ? [`dead letter: ${event.reason}`] : []),
  ]
}

describe(`a random life leaves an equal log when it is interrupted, seed ${SEED}`, () => {
  it.each(WAYS.map(([name, how], i) => ({ name, how, seed: SEED + i })))(
    'by $name',
    async ({ how, seed }) => {
      const property = fc.asyncProperty(lives(features), courses(how), (life, course) => check(life, course))
      await fc.assert(property, { numRuns: Math.ceil(LIVES / WAYS.length), seed })
    },
  )

  it('by orderly stops on LevelDB', async () => {
    const property = fc.asyncProperty(lives(features), courses(['stop']), (life, course) =>
      check(life, course, join(root, String(logs++))),
    )
    await fc.assert(property, {
      numRuns: Math.ceil((LIVES * ON_DISK_PERCENT) / 100),
      seed: SEED + WAYS.length,
    })
  })

  it('and holds everything that can happen to an actor', async () => {
    const strategies = ['resume', 'stop', 'escalate']
    if (features.has('quarantine')) strategies.push('quarantine')
    if (features.has('restarts')) strategies.push('restart')
    const happens = [
      ...strategies.map((strategy) => `top actor: ${strategy}`),
      'a child fails',
      ...['timer', 'outcry.timer', 'timer for another', 'canceled', 'emitted', 'intent'],
      ...['systemId', 'onSnapshot', 'done', 'stopped', 'error'],
      ...['dead letter: unknown', 'dead letter: ended', 'dead letter: failed'],
      ...(features.has('quarantine') ? ['outcry.released', 'dead letter: quarantined'] : []),
      ...(features.has('restarts')
        ? ['outcry.restarted', 'stashed', 'a start that fails', 'a release that restarts']
        : []),
      ...(features.has('stops') ? ['a restart by hand'] : []),
      ...(features.has('upgrades') ? ['outcry.migrated'] : []),
      ...(features.has('reshapes') ? ['outcry.dropped'] : []),
      ...(features.has('promises') ? ['xstate.promise.resolve'] : []),
    ]
    const property = fc.asyncProperty(lives(features), courses(['stop']), (life, course) =>
      check(life, course),
    )
    await untilMet(
      (seed) => fc.assert(property, { numRuns: Math.ceil(LIVES / WAYS.length), seed: -seed }),
      () => happens.filter((what) => !seen.has(what)),
    )
  })
})
