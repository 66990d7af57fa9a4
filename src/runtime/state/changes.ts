/** Compares two values of the log, such as an actor's state before and after a record. Pure, and fit for browsers. */
import { Ref } from '../record/ref.ts'

/**
 * A place at which two values differ. `was` is absent where something was added, `is` where something was removed. What
 * was added or removed whole, such as an object, is one change.
 *
 * @example
 * { path: ['orders', 'sim:o-1', 'filledQty'], was: '0.1', is: '0.2' }
 */
export interface Change {
  /**
   * Keys of objects and indexes of arrays, from the top down. An index is the item's place in the later value, and in
   * the earlier one where the item was removed.
   */
  readonly path: readonly string[]
  readonly was?: unknown
  readonly is?: unknown
}

/** The key by which the log marks a value that JSON does not have: see values.ts. */
const TAG = 'xstate$$type'
/** Most pairs of items that are compared to align two arrays. Beyond it, only a shift of all items is looked for. */
const PAIRS_MAX = 4_096
/** Most values that one call compares to align arrays. It answers while trading waits. */
const COMPARED_MAX = 20_000

/**
 * Returns the places at which `b` differs from `a`, as plain JSON. The order of keys does not matter, and a member that
 * is undefined is absent. A reference to an actor counts as its address. Items of arrays are aligned, so an item that
 * is added or removed does not change those behind it. After `comparedMax` values that are compared for this, the other
 * items are compared index by index.
 */
export function changesBetween(a: unknown, b: unknown, comparedMax = COMPARED_MAX): Change[] {
  const found: Found = { changes: [], left: comparedMax }
  compare(a, b, [], found)
  return found.changes
}

interface Found {
  readonly changes: Change[]
  /** The number of values that may still be compared to align arrays. */
  left: number
}

function compare(was: unknown, is: unknown, path: readonly string[], found: Found): void {
  const [a, b] = [bare(was), bare(is)]
  if (a === b) return
  if (Array.isArray(a) && Array.isArray(b)) compareItems(a, b, path, found)
  else if (isObject(a) && isObject(b)) compareMembers(a, b, path, found)
  else
    found.changes.push({
      path,
      ...(a !== undefined && { was: plain(a) }),
      ...(b !== undefined && { is: plain(b) }),
    })
}

type Members = Readonly<Record<string, unknown>>

function compareMembers(a: Members, b: Members, path: readonly string[], found: Found): void {
  for (const key of Object.keys(a)) compare(a[key], memberOf(b, key), [...path, key], found)
  for (const key of Object.keys(b))
    if (!Object.hasOwn(a, key)) compare(undefined, b[key], [...path, key], found)
}

function memberOf(object: Members, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Compares two arrays: what stands between two items that both have is compared pair by pair. */
function compareItems(
  a: readonly unknown[],
  b: readonly unknown[],
  path: readonly string[],
  found: Found,
): void {
  const { changes } = found
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...pairsOf(a, b, found), [a.length, b.length] as const]) {
    for (; i < nextI && j < nextJ; i++, j++) compare(a[i], b[j], [...path, String(j)], found)
    for (; i < nextI; i++) changes.push({ path: [...path, String(i)], was: plain(a[i]) })
    for (; j < nextJ; j++) changes.push({ path: [...path, String(j)], is: plain(b[j]) })
    i = nextI + 1
    j = nextJ + 1
  }
}

type Pair = readonly [i: number, j: number]

/** Returns places of equal items in both arrays, in order. */
function pairsOf(a: readonly unknown[], b: readonly unknown[], found: Found): Pair[] {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && isSame(a[start], b[start], found)) start++
  let end = 0
  while (end < shorter - start && isSame(a.at(-1 - end), b.at(-1 - end), found)) end++
  const pairs = Array.from({ length: start }, (_, n): Pair => [n, n])
  const [rows, columns] = [a.length - start - end, b.length - start - end]
  const between =
    rows * columns <= PAIRS_MAX
      ? commonItems(a, b, start, rows, columns, found)
      : shiftedItems(a, b, start, rows, columns, found)
  pairs.push(...between)
  for (let n = end; n > 0; n--) pairs.push([a.length - n, b.length - n])
  return pairs
}

/** Returns the longest common subsequence of the parts that begin at `start`. */
function commonItems(
  a: readonly unknown[],
  b: readonly unknown[],
  start: number,
  rows: number,
  columns: number,
  found: Found,
): Pair[] {
  if (rows === 0 || columns === 0 || found.left <= 0) return []
  const width = columns + 1
  const lengths = new Uint16Array((rows + 1) * width)
  const same = new Uint8Array((rows + 1) * width)
  const at = (table: Uint8Array | Uint16Array, i: number, j: number) => table[i * width + j] ?? 0
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const isCommon = isSame(a[start + i], b[start + j], found)
      same[i * width + j] = Number(isCommon)
      lengths[i * width + j] = isCommon
        ? at(lengths, i + 1, j + 1) + 1
        : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1))
    }
  }
  const pairs: Pair[] = []
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (at(same, i, j) === 1) pairs.push([start + i++, start + j++])
    else if (at(lengths, i + 1, j) >= at(lengths, i, j + 1)) i++
    else j++
  }
  return pairs
}

/** Returns the items that a window over a long list has kept: the list lost items at its front and got others at its end. */
function shiftedItems(
  a: readonly unknown[],
  b: readonly unknown[],
  start: number,
  rows: number,
  columns: number,
  found: Found,
): Pair[] {
  for (let shift = 1; shift < rows && found.left > 0; shift++) {
    const kept = Math.min(rows - shift, columns)
    let n = 0
    while (n < kept && isSame(a[start + shift + n], b[start + n], found)) n++
    // The last item of a window, such as the candle that is not closed, may have changed as well.
    if (n > 0 && n >= kept - 1)
      return Array.from({ length: n }, (_, k): Pair => [start + shift + k, start + k])
  }
  return []
}

/** Returns whether two values are known to be equal as JSON: see changesBetween. */
function isSame(was: unknown, is: unknown, found: Found): boolean {
  if (found.left-- <= 0) return false
  const [a, b] = [bare(was), bare(is)]
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => isSame(item, b[i], found))
  if (!isObject(a) || !isObject(b)) return false
  return (
    Object.keys(a).every((key) => isSame(a[key], memberOf(b, key), found)) &&
    Object.keys(b).every((key) => Object.hasOwn(a, key) || bare(b[key]) === undefined)
  )
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the value for which an object of the log stands: an address, undefined or 0. Others are returned as they are. */
function bare(value: unknown): unknown {
  if (value instanceof Ref) return value.address
  if (!isObject(value) || !(TAG in value)) return value
  switch (value[TAG]) {
    case 'undefined':
      return undefined
    case '-0':
      return 0
    default:
      return value.address
  }
}

/** Returns the value as JSON would show it. */
function plain(value: unknown): unknown {
  const shown = bare(value)
  if (Array.isArray(shown)) return shown.map((item) => plain(item) ?? null)
  if (!isObject(shown)) return shown
  const members = Object.entries(shown).flatMap(([key, member]) => {
    const is = plain(member)
    return is === undefined ? [] : [[key, is] as const]
  })
  return Object.fromEntries(members)
}
