/**
 * Copies commits from the database to the archive. The log's reader uses the archive, so this file stands apart from
 * both.
 */
import type { LogRecord } from '../store.ts'
import type { Archive } from './archive.ts'
import type { LogReader } from './log-reader.ts'
import { Pace } from './pace.ts'

/** Records in one file, unless one commit has more. A look-up unpacks this many. */
const SEGMENT_RECORDS = 20_000

/**
 * Archives whole commits up to `toSeq`. Raises `hotFrom` as files become durable; the database still has the commits
 * then.
 */
export async function archiveCommits<R extends LogRecord>(
  reader: LogReader<R>,
  archive: Archive,
  toSeq: number,
): Promise<void> {
  let commits: Buffer[] = []
  let records = 0
  let last = archive.hotFrom - 1
  const close = async () => {
    if (commits.length === 0) return
    await archive.add(commits, last)
    archive.hotFrom = last + 1
    commits = []
    records = 0
  }
  for await (const { bytes, firstSeq, records: held } of reader.commits(
    archive.hotFrom,
    toSeq,
    false,
    new Pace({ inBackground: true }),
  )) {
    if (firstSeq + held.length - 1 > toSeq) break
    commits.push(bytes)
    records += held.length
    last = firstSeq + held.length - 1
    if (records >= SEGMENT_RECORDS) await close()
  }
  await close()
}
