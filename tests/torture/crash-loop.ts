/** Kills a process at random moments, and checks its log each time. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import { program } from '../programs/program.ts'
import { seeded } from '../seeded.ts'
import { booksAfter, LEDGERS, machines } from './ledger.ts'

const CHILD = program('tests/torture/child.ts')
/** About the ms of a process's start. One process in ten is killed during it. */
const START_MS = 300
/** Longest time in ms between the line after which a process is to be killed and the kill. */
const LATER_MS = 8

/** The time of a kill: some ms after the start, or after a number of printed lines. */
interface Kill {
  readonly lines: number
  readonly laterMs: number
  readonly isEarly: boolean
}

export interface CrashReport {
  /** Number of real kills: fewer than requested only when all the work was done before. */
  readonly kills: number
  readonly lines: number
  readonly records: number
  readonly requests: number
}

/** Runs the loop. @throws Error naming the record that was lost, half written, different, or sent twice */
export async function crashLoop(
  folder: string,
  { seed, kills, lines }: { seed: number; kills: number; lines: number },
  onKill: (done: number) => void = () => {},
): Promise<CrashReport> {
  mkdirSync(folder, { recursive: true })
  const random = seeded(seed)
  let acknowledged = { position: 0, seq: 0 }
  for (let done = 0; ; done++) {
    // Kills go by lines, not by time, so no machine is too fast for them.
    const isEarly = random() < 0.1
    const laterMs = random() * (isEarly ? START_MS : LATER_MS)
    const kill = { isEarly, laterMs, lines: Math.floor((random() * lines) / kills) }
    const life = await live(folder, seed, lines, done < kills ? kill : undefined)
    if (life.position > acknowledged.position) acknowledged = life
    await checkAfter(folder, seed, acknowledged)
    if (life.finished) return checkEnd(folder, seed, lines, done)
    onKill(done + 1)
  }
}

/** One life of the process. */
async function live(
  folder: string,
  seed: number,
  lines: number,
  kill: Kill | undefined,
): Promise<{ position: number; seq: number; finished: boolean }> {
  const child = spawn(process.execPath, [...CHILD, folder, String(seed), String(lines)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killLater = () => void setTimeout(() => child.kill('SIGKILL'), kill?.laterMs)
  if (kill?.isEarly) killLater()
  let told = -1
  let position = 0
  let seq = 0
  let finished = false
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'done') finished = true
    else if (line !== 'ready') {
      const [here, at] = line.split(' ').map(Number) as [number, number]
      position = Math.max(position, here)
      seq = Math.max(seq, at)
    }
    if (++told === kill?.lines && !kill.isEarly) killLater()
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (!finished && child.signalCode !== 'SIGKILL') throw new Error(`the process ended with ${child.exitCode}`)
  return { position, seq, finished }
}

async function checkAfter(
  folder: string,
  seed: number,
  acknowledged: { position: number; seq: number },
): Promise<void> {
  if (!existsSync(join(folder, 'log', 'CURRENT'))) {
    if (acknowledged.seq > 0) throw new Error('the log is gone')
    return
  }
  const store = await openLevelStore(join(folder, 'log'))
  try {
    if (store.head.seq < acknowledged.seq)
      throw new Error(`record ${acknowledged.seq} was acknowledged; the log ends at ${store.head.seq}`)
    const { damage } = await store.verifyChain()
    if (damage.length > 0) throw new Error(JSON.stringify(damage[0]))
    // Up to the end of the log, the books are those of a process that was never killed.
    let position = 0
    for await (const { origin } of store.read({ reverse: true })) {
      if (origin?.source !== 'script') continue
      position = origin.position
      break
    }
    if (position < acknowledged.position)
      throw new Error(`line ${acknowledged.position} was acknowledged; the log has ${position}`)
    const registry = new Registry(machines)
    const { sums, sum } = booksAfter(seed, position)
    const contextOf = async (address: string) =>
      (await cellAt(store, registry, address, {}))?.state.snapshot.context as
        | Record<string, number>
        | undefined
    const total = (await contextOf('total/main'))?.sum ?? 0
    if (total !== sum) throw new Error(`after line ${position} the total is ${total}, not ${sum}`)
    for (let n = 0; n < LEDGERS; n++) {
      const expected = sums.get(`ledger/${n}`) ?? { sum: 0, entries: 0, asked: 0 }
      const {
        sum: has,
        entries,
        asked,
      } = (await contextOf(`ledger/${n}`)) ?? { sum: 0, entries: 0, asked: 0 }
      if (has !== expected.sum || entries !== expected.entries || asked !== expected.asked)
        throw new Error(
          `after line ${position} ledger/${n} has ${[has, entries, asked]}, not ${JSON.stringify(expected)}`,
        )
    }
  } finally {
    await store.close()
  }
  assertOnce(requestsOf(folder))
}

async function checkEnd(folder: string, seed: number, lines: number, kills: number): Promise<CrashReport> {
  const store = await openLevelStore(join(folder, 'log'))
  try {
    const registry = new Registry(machines)
    const { problems, records } = await verifyLog(store, registry)
    if (problems.length > 0) throw new Error(JSON.stringify(problems[0]))
    let granted = 0
    for (let n = 0; n < LEDGERS; n++) {
      const cell = await cellAt(store, registry, `ledger/${n}`, {})
      granted += (cell!.state.snapshot.context as { granted: number }).granted
    }
    const asked = [...booksAfter(seed, lines).sums.values()].reduce((all, book) => all + book.asked, 0)
    const requests = requestsOf(folder)
    assertOnce(requests)
    if (granted !== asked || requests.length !== asked)
      throw new Error(`${asked} requests were made, the bank has ${requests.length}, ${granted} were granted`)
    return { kills, lines, records, requests: requests.length }
  } finally {
    await store.close()
  }
}

function requestsOf(folder: string): string[] {
  const file = join(folder, 'bank')
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

function assertOnce(requests: readonly string[]): void {
  const twice = requests.find((id, i) => requests.indexOf(id) !== i)
  if (twice !== undefined) throw new Error(`the bank got ${twice} twice`)
}
