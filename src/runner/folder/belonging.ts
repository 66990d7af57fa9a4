/**
 * Checks what a data folder belongs to: the market that its log began with, and the venues where it has traded. The log
 * says so in the first record of the runner's own actor, so no other file can be lost, torn or exchanged. Another
 * market would go on in the books and the log at the position of the first one.
 */
import { createHash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Belonging, RUNNER, type RunnerContext } from '../../../machines/index.ts'
import { isOutcryError, OutcryError, type Store } from '../../../store/index.ts'
import type { MarketSource } from '../../adapters/market-source.ts'
import { ADAPTERS, executionOffer, marketOffer } from '../../adapters/registry.ts'
import type { VenueConfig } from '../../adapters/sections.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { type OfVenues, venuesOf } from '../config/venues.ts'
import { type FileFacts, fileFacts } from './file-facts.ts'
import { contextIn, firstRecord } from './found-actors.ts'
import { marketVenueOf } from './venue-books.ts'

/** The state of a log before a start. */
export interface Found {
  /** Undefined when no runner has begun the log. */
  readonly belonging: Belonging | undefined
}

/** Returns what the log belongs to. @throws LOG_FOREIGN when a user's own program has written the log */
export async function belongingIn(store: Store<TransitionRecord>, data: string): Promise<Found> {
  const first = await firstRecord(store, RUNNER)
  if (first === undefined && store.snapshot(RUNNER) === undefined) {
    for await (const address of store.actors({ limit: 100 }))
      if (!address.startsWith('system/')) throw foreignLog(data, address)
    return { belonging: undefined }
  }
  // Only a runner that notes it deletes records.
  return { belonging: (await noted(store)) ?? (first && (await guessed(store, first))) }
}

/** Returns what the log belongs to. Undefined for a damaged log, and for a log of another program. */
export async function belongingAsFound(
  store: Store<TransitionRecord>,
  data: string,
): Promise<Belonging | undefined> {
  try {
    return (await belongingIn(store, data)).belonging
  } catch {
    return undefined
  }
}

async function noted(store: Store<TransitionRecord>): Promise<Belonging | undefined> {
  try {
    return (await contextIn<RunnerContext>(store, RUNNER))?.belonging
  } catch (error) {
    // The start reports this error with a hint.
    if (isOutcryError(error, 'MACHINE_VERSION_UNKNOWN')) return undefined
    throw error
  }
}

/**
 * Returns what an older log belongs to, from its last start. Each call returns the same, because a kill may come before
 * the result is noted.
 */
async function guessed(store: Store<TransitionRecord>, first: TransitionRecord): Promise<Belonging> {
  const life = createHash('sha256')
    .update(JSON.stringify(first))
    .digest('hex')
    .slice(0, LIFE_BYTES * 2)
  // That version had only simulated venues.
  for await (const { event } of store.history(RUNNER, { reverse: true }))
    if (event.type === 'STARTED')
      return { life, market: { name: event.market }, venues: { [event.venue]: { simulated: true } } }
  return { life, market: {}, venues: {} }
}

const LIFE_BYTES = 12

/**
 * Returns what the folder belongs to from this start on. `was`: see `belongingIn`.
 * @throws OTHER_MARKET, OTHER_VENUE
 */
export async function belongingNow(
  was: Belonging | undefined,
  config: Pick<RunnerConfig, 'market' | 'data'> & OfVenues,
  here: Here,
): Promise<Belonging> {
  const { market, data } = config
  const { name, formerNames = [] } = here.market
  const { source } = market
  const { files, ...identity } = marketOffer(market).identity(market)
  const terms = { name, source, place: here.venue, ...identity }
  const is: Belonging = {
    life: was?.life ?? randomBytes(LIFE_BYTES).toString('hex'),
    market: { ...terms, ...(files && { files: await Promise.all(files.map((file) => fileFacts(file))) }) },
    venues: Object.fromEntries(
      venuesOf(config, here.venue).map((one) => [one.name, termsOf(one.adapter)] as const),
    ),
  }
  if (was === undefined) return is
  // A name of an older version is the same market. The log shows whether its positions still hold.
  const isFormer = formerNames.includes(String(was.market.name))
  const other =
    otherIn(isFormer ? { ...was.market, name: is.market.name } : was.market, is.market) ??
    (await otherFiles(was.market.files, files ?? []))
  if (other !== undefined) throw otherMarket(data, was, is, other)
  const place = marketVenueOf(was)
  if (place !== undefined && place !== here.venue)
    throw otherVenue(data, `its market was that of ${place}, and is that of ${here.venue} now`)
  const gone = Object.keys(was.venues).find((one) => is.venues[one] === undefined)
  const left = gone === undefined ? undefined : await here.leftAt?.(gone)
  return { ...is, venues: sameVenues(was.venues, is.venues, data, left) }
}

/** Returns the identity of a venue. Fees, latency and addresses may change. */
function termsOf({ adapter }: VenueConfig): { adapter: string; simulated: boolean } {
  return { adapter, simulated: executionOffer({ adapter }).simulated === true }
}

interface Here {
  /** Resolves with the positions and orders that the log still has at a venue. See `leftAt`. */
  leftAt?(venue: string): Promise<string | undefined>
  readonly market: Pick<MarketSource, 'name' | 'formerNames'>
  /** The venue's name in addresses. */
  readonly venue: string
}

/** Returns the first key whose value has changed. Keys that were not noted are not compared. */
export function otherIn({ files: _, place: __, ...was }: Settings, is: Settings): string | undefined {
  return Object.keys(was).find((key) => !isDeepStrictEqual(was[key], is[key]))
}

type Settings = Readonly<Record<string, unknown>>

/** Returns `files` when the recordings are others. A recording that has grown is the same one. */
async function otherFiles(was: unknown, files: readonly string[]): Promise<string | undefined> {
  if (was === undefined) return undefined
  for (const [i, facts] of (was as readonly FileFacts[]).entries()) {
    const file = files[i]
    if (file === undefined || !isDeepStrictEqual(await fileFacts(file, facts.bytes), facts)) return 'files'
  }
  return undefined
}

/**
 * Returns the present venues. A venue may be added. `left`: the positions and orders that the log has at the first
 * removed one.
 * @throws OTHER_VENUE
 */
export function sameVenues(
  was: Belonging['venues'],
  is: Belonging['venues'],
  data: string,
  left?: string,
): Belonging['venues'] {
  for (const [name, terms] of Object.entries(was)) {
    const now = is[name]
    if (now === undefined)
      throw otherVenue(
        data,
        `it trades at ${name}, which is configured no more (${Object.keys(is).join(', ')})${left === undefined ? '' : `, and has ${left} there`}`,
      )
    if (isSimulation(terms) && now.simulated === false) throw simulated(data, name, now)
    const other = otherIn(terms, now)
    if (other !== undefined)
      throw otherVenue(
        data,
        `the ${other} of ${name} was ${shown(terms[other])}, and is ${shown(now[other])} now`,
      )
  }
  return is
}

/** Returns whether a venue is simulated. Older logs noted only its adapter. */
function isSimulation({ adapter, simulated }: Settings): boolean {
  if (simulated !== undefined) return simulated === true
  return ADAPTERS.find(({ name }) => name === adapter)?.execution?.simulated === true
}

function otherMarket(data: string, was: Belonging, is: Belonging, key: string): OutcryError {
  const began = was.market.name ?? was.market.source
  const now = is.market.name ?? is.market.source
  const what =
    began === now || key !== 'name'
      ? `its ${key} ${key.endsWith('s') ? 'are' : 'is'} not what the log began with`
      : `the configuration names ${now}`
  return new OutcryError(
    'OTHER_MARKET',
    `the data folder ${data} belongs to the market ${began}, and ${what}${valuesOf(was.market[key], is.market[key], key)}`,
    'Configure the market as it was, or give this one a folder of its own with --data.',
  )
}

/** Returns text for both values, if they are short. */
function valuesOf(was: unknown, is: unknown, key: string): string {
  if (key === 'name' || typeof (was ?? is) === 'object') return ''
  return `: it was ${shown(was)}, and is ${shown(is)}`
}

function simulated(data: string, venue: string, { adapter }: Settings): OutcryError {
  return new OutcryError(
    'OTHER_VENUE',
    `the log in ${data} has traded at ${venue} in a simulation, and ${adapter} is a real venue`,
    `Give the real venue a folder of its own with --data: it does not have the positions of this log. Or configure ${venue} as it was.`,
  )
}

function shown(value: unknown): string {
  return value === undefined || value === null ? 'not set' : String(value)
}

function otherVenue(data: string, what: string): OutcryError {
  return new OutcryError(
    'OTHER_VENUE',
    `the data folder ${data} belongs to the venues that it began with: ${what}`,
    'Configure the venue as it was, or give this one a folder of its own with --data. A venue may be added, and a venue without strategies does nothing.',
  )
}

export function foreignLog(data: string, address?: string): OutcryError {
  const what =
    address === undefined
      ? 'is a log, not a data folder with a log in it'
      : `has a log with ${address} and without a runner`
  return new OutcryError(
    'LOG_FOREIGN',
    `${data} ${what}: another program made it`,
    'Give the run a folder of its own with --data.',
  )
}
