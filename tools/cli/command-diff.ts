import type { ActorView, Change } from '../../src/api/contract/record.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { stateChanges } from '../../src/runtime/state/state-changes.ts'
import { changeLines } from './change-text.ts'
import { colors } from './colors.ts'
import { readText, spanText, stateText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson, printLines } from './output.ts'
import { actorUnknown, placeOf, revAt, stateAt, type WrittenPlace } from './places.ts'
import { openReader, type Reader } from './reader.ts'
import { placeText } from './state-text.ts'

/** `outcry diff <address> <a> <b>`: shows how the state of an actor differs between two places of its past. */
export async function diff(address: string, a: string, b: string, options: ReadOptions): Promise<number> {
  parseAddress(address)
  const [from, to] = [placeOf(a, 'a'), placeOf(b, 'b')]
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  try {
    const was = await knownState(reader, address, from, 'a')
    const is = await knownState(reader, address, to, 'b')
    const changes = stateChanges(was, is)
    if (options.json) {
      await printJson({ address, was: placeOfState(was), is: placeOfState(is), changes })
      return 0
    }
    await print(`${colors.bold(address)}  ${(is ?? was)?.machine ?? ''}`.trimEnd())
    await print(colors.red(`- ${whereText(was)}`))
    await print(colors.green(`+ ${whereText(is)}`))
    const back = backText(was, is)
    if (back !== undefined) await print(colors.yellow(back))
    const lines = differences(was, is, changes)
    await printLines(lines.length === 0 ? 'no difference' : lines.join('\n'))
    await print(colors.dim(readText(undefined, reader)))
    return 0
  } finally {
    await reader.close()
  }
}

/** Resolves with the actor as it was at a place. @throws ACTOR_UNKNOWN before all else, and what `stateAt` throws */
async function knownState(
  reader: Reader,
  address: string,
  place: WrittenPlace,
  name: string,
): Promise<ActorView | undefined> {
  const expectKnown = async () => {
    if ((await revAt(reader, address, 'now')) === 0) throw actorUnknown(address, reader)
  }
  try {
    const found = await stateAt(reader, address, place, name)
    if (found === undefined) await expectKnown()
    return found
  } catch (error) {
    await expectKnown()
    throw error
  }
}

function placeOfState(view: ActorView | undefined): object | null {
  return view === undefined ? null : { rev: view.rev, seq: view.seq, at: view.at }
}

function whereText(view: ActorView | undefined): string {
  return view === undefined ? 'it does not exist yet' : placeText(view)
}

/** Returns a line for a difference against the order of the log, which a reader would take for the usual one. */
function backText(was: ActorView | undefined, is: ActorView | undefined): string | undefined {
  if (was === undefined || (is?.seq ?? 0) >= was.seq) return undefined
  return `back in time, ${is === undefined ? 'to before its first record' : `by ${spanText(was.at - is.at)}`}`
}

/** Returns the state on each side where it differs, and then all other changes. */
function differences(
  was: ActorView | undefined,
  is: ActorView | undefined,
  changes: readonly Change[],
): string[] {
  const isOther = ({ path: [part] }: Change) => part !== 'value'
  const state = changes.every(isOther)
    ? []
    : [
        ...(was === undefined ? [] : [colors.red(`- state ${stateText(was.value)}`)]),
        ...(is === undefined ? [] : [colors.green(`+ state ${stateText(is.value)}`)]),
      ]
  return [...state, ...changeLines(changes.filter(isOther))]
}
