/** The fields of the events that each version of a kind emits. */
import { readFileSync } from 'node:fs'
import { since as ofAccount } from '../../../machines/account/declaration.ts'
import { domainEvents, machines } from '../../../machines/index.ts'
import { type EventSchema, isAmong, laterThan } from '../../../machines/kind/kind.ts'
import { since as ofList } from '../../../machines/list/declaration.ts'
import { since as ofNews } from '../../../machines/news/declaration.ts'
import { since as ofOrder } from '../../../machines/order/declaration.ts'
import { since as ofPosition } from '../../../machines/position/declaration.ts'
import { since as ofRunner } from '../../../machines/runner/declaration.ts'
import { since as ofStrategy } from '../../../machines/strategies/declaration.ts'
import { since as ofWatchdog } from '../../../machines/watchdog/declaration.ts'
import { versionOf } from '../../../src/runtime/actors/registry.ts'

type KindName = keyof typeof domainEvents

const SINCE: Partial<Record<KindName, Readonly<Record<string, readonly string[]>>>> = {
  account: ofAccount,
  list: ofList,
  news: ofNews,
  order: ofOrder,
  position: ofPosition,
  runner: ofRunner,
  strategy: ofStrategy,
  watchdog: ofWatchdog,
}

/** Names of fields by the type of the event. */
export type Fields = Readonly<Record<string, string>>

export const FILE = new URL('fields.json', import.meta.url)

/** Returns the fields on file by kind and version, `order@7`. */
export function onFile(): Readonly<Record<string, Fields>> {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

/** Returns the kinds at their present versions. The version of a strategy is that of the part that all strategies share. */
export function presentLabels(): readonly string[] {
  return Object.keys(domainEvents).map((kind) => {
    const { machine } = machines[kind === 'strategy' ? 'emaCross' : (kind as keyof typeof machines)]
    const version = versionOf(machine)
    return `${kind}@${version.slice(version.indexOf('+') + 1)}`
  })
}

/** Returns the fields that a version emits. */
export function fieldsAt(label: string): Fields {
  const [kind, version] = label.split('@') as [KindName, string]
  const later = laterThan(SINCE[kind] ?? {}, version)
  const schemas: readonly EventSchema[] = domainEvents[kind]
  return Object.fromEntries(
    schemas.flatMap(({ shape }) => {
      const type = shape.type.value
      if (isAmong(later, type, 'type')) return []
      const names = Object.keys(shape).filter((name) => !isAmong(later, type, name))
      return [[type, names.sort().join(' ')]]
    }),
  )
}
