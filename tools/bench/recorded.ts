import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lastValueFrom, tap } from 'rxjs'
import { machines, type SymbolInput } from '../../machines/index.ts'
import { openRecording } from '../../src/adapters/recording/recording.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { makeRef } from '../../src/runtime/actors/persist.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { Scope } from '../../src/runtime/xstate/scope.ts'
import type { AnySnapshot } from '../../src/runtime/xstate/snapshot.ts'
import { atLeast, median, type Report, type Settings } from './report.ts'
import { silent } from './workload.ts'

/** Measures recorded market data at full speed: parsed and through the symbols' machines, and as a whole runner. */
export async function recorded({ rounds, folder, recordings }: Settings): Promise<Report | undefined> {
  if (recordings.length === 0) return undefined
  const bare: number[] = []
  const whole: number[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(await inMemory(recordings))
    whole.push(await asRunner(folder, recordings))
  }
  const ratio = median(whole) / median(bare)
  return {
    name: 'recorded',
    about: 'recorded Binance messages a second',
    rows: [
      { what: 'parsing and symbol machines in memory', figures: { 'a second': median(bare) } },
      {
        what: 'Outcry runner: strategies, orders, venue, log',
        figures: { 'a second': median(whole), 'of it': ratio },
        target: atLeast(ratio, 0.8, 'of parsing and transitions in memory'),
      },
    ],
  }
}

async function inMemory(files: readonly string[]): Promise<number> {
  const market = await openRecording({ files })
  const scope = new Scope(() => {})
  const symbols = new Map<string, { ref: ReturnType<typeof makeRef>; snapshot: AnySnapshot }>()
  const { machine } = machines.symbol
  let count = 0
  const started = performance.now()
  await lastValueFrom(
    market.open().pipe(
      tap(({ venue, symbol, event }) => {
        const address = `symbol/${venue}:${symbol}` as Address
        let actor = symbols.get(address)
        if (actor === undefined) {
          const ref = makeRef(scope.system, address, [])
          const input: SymbolInput = { venue, symbol, intervals: ['1s', '1m', '5m'], staleAfterMs: 10_000 }
          actor = { ref, snapshot: scope.initial(machine, ref, input).snapshot }
          symbols.set(address, actor)
        }
        actor.snapshot = scope.transition(machine, actor.ref, actor.snapshot, event).snapshot
        count++
      }),
    ),
  )
  return (count * 1_000) / (performance.now() - started)
}

async function asRunner(folder: string, files: readonly string[]): Promise<number> {
  const data = mkdtempSync(join(folder, 'recorded-'))
  const config = loadConfig({
    flags: { data, market: { source: 'recording', files, speed: 'max' }, server: { enabled: false } },
  })
  const started = performance.now()
  const runner = await startRunner(config, silent)
  await runner.ended
  const rate = (runner.messages * 1_000) / (performance.now() - started)
  await runner.stop('end of the recording', 'bench')
  rmSync(data, { recursive: true })
  return rate
}
