import { compact } from '../../errors/compact.ts'
import type { RecordInDetail } from '../../src/api/contract/record.ts'
import { releaseCommand } from '../../src/runner/actors/quarantine.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { OutcryError } from '../../store/index.ts'
import { changedOf, type SoughtChange, withChange } from './changed.ts'
import { colors } from './colors.ts'
import { countText, readText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { note, print, printJson, printLines } from './output.ts'
import { actorUnknown, located, notYet, placeOf, revAt, stateAt, type WrittenPlace } from './places.ts'
import { played } from './playback.ts'
import { Progress } from './progress.ts'
import { openReader, type Reader, type WantedLife } from './reader.ts'
import { awaitRunner } from './runner-client.ts'
import { failureText, isQuarantined, standingText } from './standing.ts'
import { stateLines } from './state-text.ts'
import { pauseText, story } from './story.ts'

export interface ReplayOptions extends ReadOptions {
  readonly from?: string
  readonly to?: string
  readonly tail?: number
  readonly follow?: boolean
  /** The speed, as a multiple of what it was; Infinity for at once. */
  readonly speed?: number
  readonly at?: string
  readonly context?: boolean
  /** A path of the state, with `=` and a value where that matters. */
  readonly changed?: string
}

/** `outcry replay <address>`: tells an actor's life record by record, or shows the actor as it was at a place. */
export async function replay(address: string, options: ReplayOptions): Promise<number> {
  parseAddress(address)
  const asked = askedOf(options)
  const { data, modules } = await named(options)
  const { json = false, speed = Number.POSITIVE_INFINITY } = options
  const reader = await openReader(data, modules)
  const progress = new Progress('record', { isQuiet: json })
  try {
    const title = await titleOf(address, reader, data)
    if (asked.at !== undefined) {
      await showState(reader, address, asked.at, json)
      return 0
    }
    const all = await recordsOf(reader, data, address, asked)
    const records = asked.changed === undefined ? all : withChange(progress.of(all), asked.changed)
    if (!json) await print(title)
    const isFromStart = Object.entries(asked).every(([name, of]) => name === 'detail' || of === false)
    let shown = 0
    for await (const { item, sinceMs, shortenedTo } of played(records, speed)) {
      shown++
      progress.end()
      if (!json && shown === 1 && isFromStart && item.rev > 1)
        await print(colors.yellow(`${DELETED} what was before record ${countText(item.rev)}`))
      if (json) await printJson(item)
      else {
        const pause = pauseText(sinceMs, shortenedTo)
        await printLines(pause === undefined ? story(item) : `${pause}\n${story(item)}`)
      }
    }
    progress.end()
    if (!json && shown === 0 && isFromStart) await print(colors.yellow(`${DELETED} all its records`))
    if (!json) await print(colors.dim(readText(shown, reader)))
    return 0
  } finally {
    progress.end()
    await reader.close()
  }
}

/** Words for the beginning of a life whose records are gone. */
const DELETED = '… retention.deleteAfterDays has deleted'

interface Asked {
  readonly from?: WrittenPlace
  readonly to?: WrittenPlace
  readonly at?: WrittenPlace
  readonly tail?: number
  readonly follow: boolean
  readonly detail: boolean
  readonly changed?: SoughtChange
}

/** Returns what the options ask for. @throws PLACE_INVALID */
export function askedOf({
  from,
  to,
  at,
  tail,
  follow = false,
  speed,
  context = false,
  changed,
}: ReplayOptions): Asked {
  const beside = (option: string, others: Readonly<Record<string, unknown>>) => {
    const other = Object.keys(others).find((name) => others[name] !== undefined && others[name] !== false)
    if (other !== undefined)
      throw new OutcryError('PLACE_INVALID', `--${other}: must be left out with --${option}`, HELP)
  }
  if (at !== undefined) beside('at', { from, to, tail, follow, speed, context, changed })
  if (changed !== undefined) beside('changed', { tail, follow })
  if (follow) beside('follow', { to, speed })
  return {
    ...compact({
      from: from === undefined ? undefined : placeOf(from, '--from'),
      to: to === undefined ? undefined : placeOf(to, '--to'),
      at: at === undefined ? undefined : placeOf(at, '--at'),
      tail,
      changed: changed === undefined ? undefined : changedOf(changed),
    }),
    follow,
    detail: context || changed !== undefined,
  }
}

const HELP = 'See `outcry replay --help`.'

/** Resolves with the records that are asked for. @throws PLACE_INVALID, REV_UNKNOWN, ACTOR_UNKNOWN */
async function recordsOf(
  reader: Reader,
  data: string,
  address: string,
  asked: Asked,
): Promise<AsyncIterable<RecordInDetail>> {
  const { seq: since } = await reader.head()
  const wanted = await wantedOf(reader, address, asked)
  const past = reader.life(address, wanted)
  return asked.follow ? followed(past, { reader, data, address, since, detail: asked.detail }) : past
}

interface Following {
  readonly reader: Reader
  readonly data: string
  readonly address: string
  /** A seq before the first record to come. */
  readonly since: number
  readonly detail: boolean
}

/** Yields the records of the past, and then those to come. */
async function* followed(
  past: AsyncIterable<RecordInDetail>,
  { reader, data, address, since, detail }: Following,
): AsyncGenerator<RecordInDetail> {
  let last: number | undefined
  for await (const record of past) {
    yield record
    last = record.rev
  }
  const fromRev = 1 + (last ?? (await revAt(reader, address, 'now')))
  const { RunnerReader } = await import('./readers/runner-reader.ts')
  let runner = reader instanceof RunnerReader ? reader : undefined
  if (runner === undefined) {
    await reader.close()
    note(`no runner holds ${data}: waiting for one`)
    runner = new RunnerReader(await awaitRunner(data), data)
  }
  yield* runner.newRecords(address, { since, fromRev, detail })
}

/** Returns the records of the past that are asked for. @throws PLACE_INVALID, REV_UNKNOWN, ACTOR_UNKNOWN */
export async function wantedOf(
  reader: Reader,
  address: string,
  { from, to, tail, detail, changed }: Asked,
): Promise<WantedLife> {
  const begin = from === undefined ? undefined : await firstRev(reader, address, from)
  const toRev = to === undefined ? undefined : await revAt(reader, address, await located(reader, to, '--to'))
  if (toRev === 0) throw notYet(address, '--to')
  if (toRev !== undefined && toRev < (begin ?? 1))
    throw new OutcryError('PLACE_INVALID', '--to: must not be before --from', HELP)
  // The last records come in order as well, so that none of them waits in memory for those before it.
  if (tail === undefined) return { ...compact({ fromRev: begin, toRev }), detail, ...changed }
  const last = toRev ?? (await revAt(reader, address, 'now'))
  const start = last - tail + 1
  const least = begin ?? (start > 1 ? await leastRev(reader, address) : 1)
  return { ...compact({ fromRev: start > least ? start : begin }), toRev: last, detail }
}

/** Returns the first rev of the actor that there is. Those before it were deleted. */
export async function leastRev(reader: Reader, address: string): Promise<number> {
  for await (const { rev } of reader.life(address, { limit: 1 })) return rev
  return 1
}

/** Returns the first rev at the place or behind it. Undefined when that is the first that there is. */
export async function firstRev(
  reader: Reader,
  address: string,
  from: WrittenPlace,
): Promise<number | undefined> {
  const place = await located(reader, from, '--from')
  const rev = await revAt(reader, address, place)
  if (place === 'now') return rev + 1
  if ('rev' in place) return rev
  const before = place.seq <= 1 ? 0 : await revAt(reader, address, { seq: place.seq - 1 })
  return before === 0 ? undefined : before + 1
}

async function showState(reader: Reader, address: string, at: WrittenPlace, json: boolean): Promise<void> {
  const actor = await stateAt(reader, address, at, '--at')
  if (actor === undefined) throw notYet(address, '--at')
  if (json) return printJson(actor)
  await printLines(stateLines(actor).join('\n'))
  await print(colors.dim(readText(undefined, reader)))
}

/** Returns the title: the actor, and its present problem. @throws ACTOR_UNKNOWN */
async function titleOf(address: string, reader: Reader, data: string): Promise<string> {
  const actor = await reader.actor(address)
  if (actor === undefined) throw actorUnknown(address, reader)
  const title = `${colors.bold(address)}  ${actor.machine}`
  const failure = failureText(actor)
  if (failure === undefined && actor.condition === undefined) return title
  const release = isQuarantined(actor) ? `. Release it: ${releaseCommand(address, data)}` : ''
  return `${title}\n${colors.red(`${standingText(actor)}${failure === undefined ? '' : `; ${failure}`}${release}`)}`
}
