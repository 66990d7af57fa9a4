/** The results of a benchmark, as a table for people and a JSON file for later. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import { VERSION } from '../../src/api/version.ts'
import { table } from '../cli/format.ts'

export interface Row {
  readonly what: string
  /** Figures by name and unit: "p50 ms", "a second". */
  readonly figures: Readonly<Record<string, number>>
  /** The target and whether it is met; undefined when there is none. */
  readonly target?: { readonly text: string; readonly met: boolean }
}

export interface Report {
  readonly name: string
  /** One line about the measurement and its method. */
  readonly about: string
  readonly rows: readonly Row[]
}

export interface Settings {
  /** Number of runs of each measurement. The median counts. */
  readonly rounds: number
  /** Length of the run: 1 is a quick look of a minute or two, 10 the full length. */
  readonly scale: number
  /** Folder for stores, on the disk under test. */
  readonly folder: string
  readonly recordings: readonly string[]
}

export function machine() {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    outcry: VERSION,
    fsync: 'on: every commit is synced before it counts',
  }
}

export function show({ name, about, rows }: Report): void {
  console.log(`\n${pc.bold(name)}: ${about}`)
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const lines = rows.map(({ what, figures, target }) => [
    what,
    ...columns.map((column) => (figures[column] === undefined ? '' : figureText(figures[column]))),
    target === undefined ? '' : `${target.met ? pc.green('met') : pc.yellow('missed')}: ${target.text}`,
  ])
  console.log(table(['', ...columns, 'target'], lines))
}

export function save(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${report.name}.json`)
  writeFileSync(
    file,
    `${JSON.stringify({ machine: machine(), at: new Date().toISOString(), ...report }, null, 2)}\n`,
  )
}

export function figureText(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(3)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number
}

/** Returns a target such as `at least 0.8 of X`, and whether the value meets it. */
export function atLeast(value: number, limit: number, text: string): { text: string; met: boolean } {
  return { text: `at least ${limit} ${text}`, met: value >= limit }
}

export function below(value: number, limit: number, text: string): { text: string; met: boolean } {
  return { text: `below ${limit} ${text}`, met: value < limit }
}
