import { namingHint } from '../../src/runner/folder/strategies-file.ts'
import { booksFolders } from '../../src/runner/folder/venue-books.ts'
import { colors } from './colors.ts'
import { counted, countText, table } from './format.ts'
import { WHY_STATES_DIFFER } from './hints.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson } from './output.ts'
import { openReader } from './reader.ts'

const booksUnseen = (source: string) =>
  `The venue's books were not checked: ${source} is of an earlier version. Stop it, then run outcry verify again.`

/**
 * `outcry verify`: checks the chain of commits, every state, every snapshot, and the live state of a running runner.
 */
export async function verify(options: ReadOptions): Promise<number> {
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules, { isHeld: true })
  const showProgress = process.stderr.isTTY && !options.json
  try {
    const started = performance.now()
    const found = await reader.verify((seq) => {
      if (showProgress) process.stderr.write(`\r${countText(seq)} records`)
    })
    const seconds = (performance.now() - started) / 1_000
    if (showProgress) process.stderr.write('\r\x1b[K')
    const { commits, records, actors, snapshots, live, reports, problems } = found
    if (options.json) {
      await printJson(found)
      return problems.length === 0 ? 0 : 1
    }
    const what = `${counted(records, 'record')} in ${counted(commits, 'commit')}, ${counted(actors, 'actor')}, ${counted(snapshots, 'snapshot')}`
    const memory = live > 0 ? `, ${countText(live)} of them compared with memory` : ''
    const books = reports === undefined ? '' : `, ${countText(reports)} reports in the books of venues`
    await print(
      `${what}${memory}${books}: ${seconds.toFixed(1)} s, ${countText(Math.round(records / seconds))} records a second`,
    )
    const unseen = reports === undefined && problems.every(({ actor }) => !actor.startsWith('port/'))
    if (unseen && booksFolders(data).length > 0) await print(colors.yellow(booksUnseen(reader.source)))
    if (problems.length === 0) {
      await print(colors.green(`${reader.source} replays to the same states`))
      return 0
    }
    const rows = problems.map(({ seq, actor, code, message }) => [String(seq), actor, code, message])
    await print(table(['seq', 'actor', 'problem', 'what'], rows))
    const unnamed = problems.filter(({ code }) => code === 'KIND_UNKNOWN').map(({ actor }) => actor)
    if (unnamed.length > 0) await print(namingHint(data, unnamed))
    if (problems.some(({ code }) => code === 'STATE_DIFFERS')) await print(WHY_STATES_DIFFER)
    await print(colors.red(`${counted(problems.length, 'problem')} in ${reader.source}`))
    return 1
  } finally {
    await reader.close()
  }
}
