import { extname } from 'node:path'
import { OutcryError } from '../../store/index.ts'
import type { EventsOptions } from './command-events.ts'
import { wantedOf } from './command-events.ts'
import { FORMATS, type Format, type FormatName } from './files/formats.ts'
import { fileTarget, folderTarget, stdoutTarget, type Target } from './files/target.ts'
import { counted, countText } from './format.ts'
import { named } from './named.ts'
import { note, printJson } from './output.ts'
import { located, placeOf } from './places.ts'
import { Progress } from './progress.ts'
import { openReader, type Reader } from './reader.ts'
import type { WantedEvents } from './wanted-events.ts'

export interface ExportOptions extends Omit<EventsOptions, 'tail' | 'follow'> {
  readonly format?: FormatName
  readonly out?: string
  readonly folder?: string
}

/** `outcry export [types...]`: writes the events of a log to files, or to stdout. */
export async function exportEvents(types: readonly string[], options: ExportOptions): Promise<number> {
  const format = formatOf(options)
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  const progress = new Progress('event', { isQuiet: options.json === true })
  let target: Target | undefined
  try {
    const wanted = await rangeOf(reader, types, options)
    target = await targetOf(options, format)
    let count = 0
    for await (const envelope of reader.everyEvent(wanted, () => progress.step())) {
      await target.add(envelope)
      count++
    }
    await target.end()
    progress.end()
    await tell(reader, options, count, target.files)
    return 0
  } catch (error) {
    await target?.drop().catch(() => {})
    throw error
  } finally {
    progress.end()
    await reader.close()
  }
}

/** Tells the number of events, not where they went to stdout themselves. */
async function tell(
  { source }: Reader,
  { json, out = '', folder = out }: ExportOptions,
  events: number,
  files: number,
): Promise<void> {
  const to = folder === '' ? 'stdout' : folder
  if (json && folder !== '') await printJson({ events, files, to })
  else {
    const where = files > 1 ? `${countText(files)} files of ${to}` : to
    note(`${counted(events, 'event')} of ${source} in ${where}`)
  }
}

/** Returns the format that is named, or the one of the name of the file. */
function formatOf({ format, out, folder }: ExportOptions): Format {
  if (out !== undefined && folder !== undefined) throw wrong('--folder: must be left out with --out')
  const ending = extname(out ?? '').slice(1)
  const name = format ?? (ending in FORMATS ? (ending as FormatName) : 'jsonl')
  const found: Format = FORMATS[name]
  if (!found.isText && out === undefined && folder === undefined)
    throw wrong(`--format ${name}: needs --out or --folder`)
  return found
}

function targetOf({ out, folder }: ExportOptions, format: Format): Promise<Target> {
  if (folder !== undefined) return folderTarget(folder, format)
  return out === undefined ? stdoutTarget(format) : fileTarget(out, format)
}

/** Resolves with what is wanted, up to the present end of the log at most. @throws PLACE_INVALID */
async function rangeOf(
  reader: Reader,
  types: readonly string[],
  { from, to, ...options }: ExportOptions,
): Promise<WantedEvents> {
  const seqOf = async (text: string, name: '--from' | '--to') => {
    const place = await located(reader, placeOf(text, name), name)
    if (place === 'now') return (await reader.head()).seq
    if ('seq' in place) return place.seq
    throw wrong(`${name}: a rev is a place in the life of one actor`)
  }
  const fromSeq = from === undefined ? undefined : await seqOf(from, '--from')
  const toSeq = to === undefined ? (await reader.head()).seq : await seqOf(to, '--to')
  if (fromSeq !== undefined && fromSeq > toSeq && to !== undefined)
    throw wrong('--to: must not be before --from')
  const { tail: _, ...wanted } = wantedOf(types, options)
  return { ...wanted, ...(fromSeq !== undefined && { since: fromSeq - 1 }), toSeq }
}

function wrong(rule: string): OutcryError {
  return new OutcryError('PLACE_INVALID', rule, 'See `outcry export --help`.')
}
