/** The rows of the list of actors: groups with their actors. Pure. */
import { type Spot, spotOf, spotOfKind } from './owner.ts'

/** Height of a row in px, as in the stylesheet. */
export const ROW_PX = 28
/** Actors above which a group is closed until it is opened. */
export const GROUP_MAX = 200

export interface Group {
  readonly key: string
  readonly name: string
  readonly isFolded: boolean
  readonly count: number
  readonly failed: number
  /** Its place among the groups, from 1. */
  readonly nth: number
}

export interface Row {
  readonly key: string
  readonly address: string
  readonly spot: Spot
  /** Its place among the rows of its group, from 1, and their number. */
  readonly place: number
  readonly size: number
}

/** Room for rows that are being read: of a group, or of its next page. */
export interface Gap {
  readonly key: string
  readonly gapOf: string
  readonly isMore: boolean
}

export type Item = Group | Row | Gap
export const isRow = (item: Item): item is Row => 'address' in item
export const isGap = (item: Item): item is Gap => 'gapOf' in item

export interface Listed {
  readonly by: 'owner' | 'kind'
  readonly groups: readonly { readonly name: string; readonly count: number; readonly failed: number }[]
  /** Returns the rows of a group that have come, and whether there are more; undefined while none has. */
  shelf(name: string): { readonly addresses: readonly string[]; readonly hasMore: boolean } | undefined
  /** By group, what a closed one still shows: what has failed. */
  readonly failed: ReadonlyMap<string, readonly string[]>
  /** True when a person looks for something: then all groups are open that are not too large. */
  readonly isNarrowed: boolean
  /** Groups that a person has opened or closed. */
  readonly folded: ReadonlyMap<string, boolean>
  readonly choice: { readonly address: string; readonly group: string | undefined }
}

/** Returns the rows of the list in their order. */
export function itemsOf({ by, groups, shelf, failed, isNarrowed, folded, choice }: Listed): Item[] {
  const items: Item[] = []
  const spotIn = (group: string) => (address: string) =>
    by === 'kind' ? spotOfKind(address) : spotOf(address, group)
  for (const [i, { name, count, failed: failures }] of groups.entries()) {
    const key = `group ${name}`
    const isFolded = folded.get(`${isNarrowed} ${key}`) ?? count > GROUP_MAX
    items.push({ key, name, isFolded, count, failed: failures, nth: i + 1 })
    const has = shelf(name)
    const isOpen = !isFolded && has !== undefined
    // A closed group still shows what has failed, and what is chosen.
    const shown = isOpen ? [...has.addresses] : isFolded && !isNarrowed ? [...(failed.get(name) ?? [])] : []
    const isMissing = choice.group === name && !isNarrowed && !shown.includes(choice.address)
    if (isMissing && (isFolded || (has?.hasMore ?? false))) shown.push(choice.address)
    const spot = spotIn(name)
    const size = isFolded ? shown.length : count
    for (const [j, address] of shown.entries())
      items.push({ key: address, address, spot: spot(address), place: j + 1, size })
    const gaps = isFolded ? 0 : has === undefined ? Math.min(count, GROUP_MAX) : has.hasMore ? 1 : 0
    for (let j = 0; j < gaps; j++)
      items.push({ key: `gap ${name} ${j}`, gapOf: name, isMore: has !== undefined })
  }
  return items
}
