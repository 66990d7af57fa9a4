/**
 * Damages a store whose beginning is deleted: a changed byte, an end cut off, a file that is gone. Opening it gives all its
 * data or a refusal, and the doctor makes a whole log of it that begins at the same place, or refuses, too.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  cutBack,
  isOutcryError,
  type LogCut,
  type LogRecord,
  openLevelStore,
  type Store,
} from '../../store/index.ts'
import { all } from '../../store/tck/subject.ts'
import { howMany, SEED, seeded } from '../seeded.ts'

const ROTS = howMany('CUT_ROTS', 25)
const ACTORS = ['a/gone', 'a/one', 'a/two']
/** End of the deleted records; that of the archive; of the log. */
const GONE = 20
const ARCHIVED = 40
const END = 70

const root = mkdtempSync(join(tmpdir(), 'outcry-cut-rot-'))
afterAll(() => rmSync(root, { recursive: true }))
const whole = join(root, 'whole')
let at: LogCut
/** All records, and those behind the cut. */
let log: LogRecord[]
let kept: LogRecord[]

const revs = new Map<string, number>()
/** Returns the next record: a/gone has some of the deleted ones alone. */
function next(seq: number): LogRecord {
  const actor = ACTORS[seq <= GONE ? seq % 3 : 1 + (seq % 2)] as string
  const rev = (revs.get(actor) ?? 0) + 1
  revs.set(actor, rev)
  return { seq, rev, actor, at: seq }
}

/** Returns all that the store has behind the cut, and what stands in the place of what lay before. */
async function tell(store: Store): Promise<unknown> {
  const bases: unknown[] = []
  for (const actor of ACTORS)
    for await (const base of store.snapshots(actor, { maxSeq: at.firstSeq - 1 })) {
      bases.push(base)
      break
    }
  return { cut: store.cut, base: store.base(), bases, actors: await all(store.actors()) }
}

let told: unknown

beforeAll(async () => {
  const first = await openLevelStore(whole)
  for (let seq = 1; seq < END; seq += 2) await first.append({ records: [next(seq), next(seq + 1)] })
  const ends = new Map(ACTORS.map((actor) => [actor, 0]))
  for (let seq = 1; seq <= GONE; seq++) ends.set(ACTORS[seq % 3] as string, seq)
  log = await all(first.read())
  await first.close()
  const store = await openLevelStore(whole)
  await store.putSnapshots([], { seq: END - 10, state: 'checkpoint' })
  await store.archive(GONE)
  await store.archive(ARCHIVED)
  at = (await store.nextCut(GONE)) as LogCut
  await store.putBases(
    [...ends].map(([actor, seq]) => ({ actor, seq, rev: Math.ceil(seq / 3), state: { seq } })),
  )
  await store.append({ records: [next(END + 1)], cut: { at, state: 'base' } })
  await store.sweep()
  await store.append({ records: [next(END + 2)] })
  kept = await all(store.read())
  log.push(...kept.slice(END - GONE))
  told = await tell(store)
  expect([at.firstSeq, kept.length, (await store.verifyChain()).damage]).toEqual([
    GONE + 1,
    END + 2 - GONE,
    [],
  ])
  await store.close()
})

/** Opens the store, and returns its records. Undefined when it is refused. */
async function recordsIn(folder: string): Promise<LogRecord[] | undefined> {
  let store: Store | undefined
  try {
    store = await openLevelStore(folder)
    if ((await store.verifyChain()).damage.length > 0) return undefined
    const records = await all(store.read())
    // Where no file says any more that it was cut, the deleted records must be there.
    if (store.cut === undefined) expect(records).toEqual(log.slice(0, records.length))
    else {
      expect(records).toEqual(kept.slice(0, records.length))
      expect(await tell(store)).toEqual(told)
    }
    return records
  } catch (error) {
    if (!isOutcryError(error)) throw error
    expect(error.code).toMatch(/^STORE_/)
    return undefined
  } finally {
    await store?.close()
  }
}

it(`gives all its data or a refusal, also after the doctor, seed ${SEED}`, async () => {
  const random = seeded(SEED)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const names = readdirSync(whole, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const { size } = statSync(join(whole, name))
    return size > 0 && !statSync(join(whole, name)).isDirectory()
  })
  expect(names).toContain(join('archive', 'cut'))
  const outcomes: Record<string, number> = {}
  for (let n = 0; n < ROTS; n++) {
    const folder = join(root, `rot-${n}`)
    cpSync(whole, folder, { recursive: true })
    const name = n < names.length ? (names[n] as string) : pick(names)
    const way = pick(['byte', 'byte', 'end', 'gone'] as const)
    const file = join(folder, name)
    const bytes = readFileSync(file)
    const place = Math.floor(random() * bytes.length)
    bytes[place] = (bytes[place] as number) ^ (1 << Math.floor(random() * 8))
    if (way === 'gone') rmSync(file)
    else writeFileSync(file, way === 'byte' ? bytes : bytes.subarray(0, place))
    const of = `${way} ${place} of ${name}`

    const opened = await recordsIn(folder)
    if (opened !== undefined) expect({ of, opened }).toEqual({ of, opened: kept })
    const healed = await cutBack(folder).then(
      () => true,
      (error: unknown) => {
        if (!isOutcryError(error)) throw error
        expect({ of, code: error.code }).toEqual({ of, code: expect.stringMatching(/^STORE_/) })
        return false
      },
    )
    const after = await recordsIn(folder)
    expect({ of, isThere: after !== undefined }).toEqual({ of, isThere: healed })
    const outcome = opened !== undefined ? 'whole' : healed ? 'healed' : 'refused'
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    rmSync(folder, { recursive: true })
    for (const left of readdirSync(root).filter((left) => left.startsWith(`rot-${n}`)))
      rmSync(join(root, left), { recursive: true })
  }
  console.log(outcomes)
})
