import { compact } from '../../errors/compact.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { plainError } from '../../src/runtime/record/values.ts'
import { OutcryError } from '../../store/index.ts'
import { colors } from './colors.ts'
import { firstRev, leastRev } from './command-replay.ts'
import { counted } from './format.ts'
import { serveLife, type Texts } from './life-server.ts'
import { named, type ReadOptions } from './named.ts'
import { note, print, printJson } from './output.ts'
import { actorUnknown, located, notYet, placeOf, revAt } from './places.ts'
import { openReader, type PastFrames, type Reader } from './reader.ts'

export interface InspectOptions extends ReadOptions {
  readonly at?: string
  readonly from?: string
  readonly to?: string
  /** Infinity for at once. */
  readonly speed?: number
}

/** The URLs of a life that is served. */
export interface Served {
  /** Pages of this machine, with the hosted inspector and the hosted visualizer of xstate 4. */
  readonly inspector: string
  readonly visualizer: string
  /** The sockets for receivers of @statelyai/inspect and of @xstate/inspect 0.8. */
  readonly inspect: string
  readonly legacy: string
}

/**
 * `outcry inspect <address>`: serves a past life on this machine, and says what to open. It ends when `ended` resolves: at
 * Ctrl-C.
 */
export async function inspect(
  address: string,
  options: InspectOptions,
  ended: (served: Served) => Promise<unknown> = interrupted,
): Promise<number> {
  parseAddress(address)
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  try {
    const wanted = { address, ...(await rangeOf(reader, address, options)) }
    await expectStates(reader, wanted)
    const texts: Texts = (isLegacy, signal) => reader.past({ ...wanted, isLegacy }, signal)
    const server = await serveLife(texts, (error) => note(plainError(error).message))
    try {
      const served = servedAt(server.base)
      const done = ended(served)
      if (options.json) await printJson({ ...wanted, ...served })
      else await say(wanted, served)
      await done
    } finally {
      await server.close()
    }
    return 0
  } finally {
    await reader.close()
  }
}

function servedAt(base: string): Served {
  return {
    inspector: `http://${base}/`,
    visualizer: `http://${base}/legacy`,
    inspect: `ws://${base}/inspect`,
    legacy: `ws://${base}/inspect/legacy`,
  }
}

async function say(
  { address, fromRev, toRev }: Omit<PastFrames, 'isLegacy'>,
  { inspector, visualizer, inspect, legacy }: Served,
): Promise<void> {
  const count = counted(toRev - fromRev + 1, 'record')
  await print(`${colors.bold(address)}  ${count}, from rev ${fromRev} to rev ${toRev}`)
  await print(`${colors.cyan('inspector')}   ${inspector}`)
  await print(`${colors.cyan('visualizer')}  ${visualizer}`)
  await print(`${colors.cyan('receivers')}   ${inspect} (@statelyai/inspect)`)
  await print(`            ${legacy} (@xstate/inspect 0.8)`)
  note('Both pages show a site of stately.ai, so the browser needs the network. Ctrl-C ends it.')
}

/** @throws PLACE_INVALID, REV_UNKNOWN, ACTOR_UNKNOWN */
async function rangeOf(
  reader: Reader,
  address: string,
  { at, from, to, speed = Number.POSITIVE_INFINITY }: InspectOptions,
): Promise<Pick<PastFrames, 'fromRev' | 'toRev' | 'speed'>> {
  if (at !== undefined && (from ?? to) !== undefined)
    throw new OutcryError('PLACE_INVALID', '--at: must be given without --from and --to', HELP)
  const lastRev = await revAt(reader, address, 'now')
  if (lastRev === 0) throw actorUnknown(address, reader)
  const name = at === undefined ? '--to' : '--at'
  const end = at ?? to
  const toRev =
    end === undefined
      ? lastRev
      : await revAt(reader, address, await located(reader, placeOf(end, name), name))
  if (toRev === 0) throw notYet(address, name)
  const begin = from === undefined ? undefined : await firstRev(reader, address, placeOf(from, '--from'))
  const start = begin ?? (await leastRev(reader, address))
  const fromRev = at === undefined ? start : toRev
  if (fromRev > toRev)
    throw new OutcryError('PLACE_INVALID', `--from: ${address} has no record from there on`, HELP)
  return { fromRev, toRev, ...compact({ speed: speed === Number.POSITIVE_INFINITY ? undefined : speed }) }
}

const HELP = 'See `outcry inspect --help`.'

/** Checks that the states of the first record are known: else the tools would show nothing. @throws what says why */
async function expectStates(reader: Reader, asked: Omit<PastFrames, 'isLegacy'>): Promise<void> {
  const gone = new AbortController()
  for await (const text of reader.past({ ...asked, toRev: asked.fromRev, isLegacy: false }, gone.signal)) {
    const { op, message } = JSON.parse(text) as { readonly op?: string; readonly message?: string }
    if (op === 'error')
      throw new OutcryError(
        'MACHINE_VERSION_UNKNOWN',
        String(message),
        'Name its module: --machines <module>.',
      )
    return
  }
}

/** Resolves at Ctrl-C, or when the process is to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
