/**
 * Keeps an actor's pending timers as a value that is never changed in place, so a turn is undone by restoring the old
 * value. Few timers are an array in the order of scheduling, because nothing is faster. More are a balanced tree with
 * shared nodes, so that a timer costs the logarithm of their number. Both behave alike.
 */
import type { ScheduledTimer } from '../record/record.ts'

export type PendingTimers = readonly ScheduledTimer[] | TimerTree

/** The fields that identify a timer of an actor. Timers that agree in all three are interchangeable. */
export type TimerKey = Pick<ScheduledTimer, 'id' | 'dueAt' | 'seq'>

/** A node of an AVL tree, in the order of id, due time and scheduling. */
interface Node {
  readonly timer: ScheduledTimer
  /** The timer's place in the order of scheduling. */
  readonly order: number
  readonly left: Node | undefined
  readonly right: Node | undefined
  readonly height: number
}

interface TimerTree {
  readonly root: Node
  readonly size: number
  /** The `order` of the next timer. */
  readonly next: number
}

/** Maximum size of a list. More timers are a tree. */
const LIST_MAX = 16
/** A tree of this size becomes a list again. It is well below LIST_MAX, so that no actor changes at every step. */
const TREE_MIN = 8

export const NO_TIMERS: readonly ScheduledTimer[] = []

export function countOf(timers: PendingTimers): number {
  return isList(timers) ? timers.length : timers.size
}

/** Returns the timers in the order of scheduling. */
export function listOf(timers: PendingTimers): readonly ScheduledTimer[] {
  if (isList(timers)) return timers
  const nodes: Node[] = []
  collect(timers.root, nodes)
  return nodes.sort((a, b) => a.order - b.order).map((node) => node.timer)
}

/** Makes the value from a list in the order of scheduling. */
export function pendingTimers(list: readonly ScheduledTimer[]): PendingTimers {
  if (list.length <= LIST_MAX) return list
  const nodes = list.map((timer, order): Node => leaf(timer, order))
  nodes.sort(compare)
  return { root: balanced(nodes, 0, nodes.length) as Node, size: list.length, next: list.length }
}

export function withTimer(timers: PendingTimers, timer: ScheduledTimer): PendingTimers {
  if (isList(timers)) {
    const list = [...timers, timer]
    return list.length <= LIST_MAX ? list : pendingTimers(list)
  }
  const { root, size, next } = timers
  return { root: inserted(root, leaf(timer, next)), size: size + 1, next: next + 1 }
}

/**
 * Returns the timer of this id that fires first: the earliest due, and of these the first scheduled. With `seq`, only
 * timers that this record scheduled count.
 */
export function firstOf(timers: PendingTimers, id: string, seq?: number): ScheduledTimer | undefined {
  if (!isList(timers)) return firstIn(timers.root, id, seq)?.timer
  let first: ScheduledTimer | undefined
  for (const timer of timers) {
    if (timer.id !== id || (seq !== undefined && timer.seq !== seq)) continue
    if (first === undefined || timer.dueAt < first.dueAt) first = timer
  }
  return first
}

/** Removes the timer that `firstOf` finds. */
export function withoutFirst(timers: PendingTimers, id: string, seq?: number): PendingTimers {
  if (isList(timers)) {
    const first = firstOf(timers, id, seq)
    return first === undefined ? timers : timers.filter((timer) => timer !== first)
  }
  const first = firstIn(timers.root, id, seq)
  return first === undefined ? timers : withoutNode(timers, first)
}

/** Removes all timers of this id. Returns the same value when there are none. */
export function withoutAll(timers: PendingTimers, id: string): PendingTimers {
  let rest = timers
  while (!isList(rest)) {
    const first = firstIn(rest.root, id)
    if (first === undefined) return rest
    rest = withoutNode(rest, first)
  }
  let kept: ScheduledTimer[] | undefined
  for (let i = 0; i < rest.length; i++) {
    const timer = rest[i] as ScheduledTimer
    if (timer.id === id) kept ??= rest.slice(0, i)
    else kept?.push(timer)
  }
  return kept ?? rest
}

export function timerOf(timers: PendingTimers, { id, dueAt, seq }: TimerKey): ScheduledTimer | undefined {
  if (isList(timers)) return timers.find((t) => t.id === id && t.dueAt === dueAt && t.seq === seq)
  let node: Node | undefined = timers.root
  let found: ScheduledTimer | undefined
  while (node !== undefined) {
    const timer: ScheduledTimer = node.timer
    const before: number = timer.id === id ? timer.dueAt - dueAt || timer.seq - seq : timer.id < id ? -1 : 1
    if (before === 0) found = timer
    // Of several equal timers, the leftmost fires first.
    node = before < 0 ? node.right : node.left
  }
  return found
}

/** Returns the earliest due time, or undefined when there are no timers. */
export function earliestOf(timers: PendingTimers): number | undefined {
  if (!isList(timers)) return earliestIn(timers.root)
  let earliest: number | undefined
  for (const { dueAt } of timers) if (earliest === undefined || dueAt < earliest) earliest = dueAt
  return earliest
}

function earliestIn({ timer, left, right }: Node): number {
  let earliest = timer.dueAt
  if (left !== undefined) earliest = Math.min(earliest, earliestIn(left))
  if (right !== undefined) earliest = Math.min(earliest, earliestIn(right))
  return earliest
}

function isList(timers: PendingTimers): timers is readonly ScheduledTimer[] {
  return Array.isArray(timers)
}

function withoutNode({ root, size, next }: TimerTree, node: Node): PendingTimers {
  const rest = removed(root, node)
  // The tree had more than TREE_MIN timers, so some are left.
  const tree: TimerTree = { root: rest as Node, size: size - 1, next }
  return tree.size > TREE_MIN ? tree : listOf(tree)
}

function leaf(timer: ScheduledTimer, order: number): Node {
  return { timer, order, left: undefined, right: undefined, height: 1 }
}

function compare(a: Node, b: Node): number {
  if (a.timer.id !== b.timer.id) return a.timer.id < b.timer.id ? -1 : 1
  return a.timer.dueAt - b.timer.dueAt || a.order - b.order
}

function firstIn(node: Node | undefined, id: string, seq?: number): Node | undefined {
  if (node === undefined) return undefined
  if (node.timer.id !== id) return firstIn(id < node.timer.id ? node.left : node.right, id, seq)
  const before = firstIn(node.left, id, seq)
  if (before !== undefined) return before
  return seq === undefined || node.timer.seq === seq ? node : firstIn(node.right, id, seq)
}

function collect(node: Node | undefined, nodes: Node[]): void {
  if (node === undefined) return
  collect(node.left, nodes)
  nodes.push(node)
  collect(node.right, nodes)
}

/** Returns a tree of the sorted nodes from `from` up to `to`. */
function balanced(nodes: readonly Node[], from: number, to: number): Node | undefined {
  if (from === to) return undefined
  const middle = (from + to) >> 1
  return joined(nodes[middle] as Node, balanced(nodes, from, middle), balanced(nodes, middle + 1, to))
}

function inserted(node: Node | undefined, added: Node): Node {
  if (node === undefined) return added
  return compare(added, node) < 0
    ? rebalanced(node, inserted(node.left, added), node.right)
    : rebalanced(node, node.left, inserted(node.right, added))
}

function removed(node: Node | undefined, gone: Node): Node | undefined {
  if (node === undefined) return undefined
  const side = compare(gone, node)
  if (side < 0) return rebalanced(node, removed(node.left, gone), node.right)
  if (side > 0) return rebalanced(node, node.left, removed(node.right, gone))
  if (node.left === undefined) return node.right
  if (node.right === undefined) return node.left
  let successor = node.right
  while (successor.left !== undefined) successor = successor.left
  return rebalanced(successor, node.left, removed(node.right, successor))
}

function heightOf(node: Node | undefined): number {
  return node === undefined ? 0 : node.height
}

/** Returns `node` with other subtrees. Their heights may differ by one more than an AVL tree allows. */
function rebalanced(node: Node, left: Node | undefined, right: Node | undefined): Node {
  const lean = heightOf(left) - heightOf(right)
  if (left !== undefined && lean > 1) {
    if (heightOf(left.left) >= heightOf(left.right))
      return joined(left, left.left, joined(node, left.right, right))
    const middle = left.right as Node
    return joined(middle, joined(left, left.left, middle.left), joined(node, middle.right, right))
  }
  if (right !== undefined && lean < -1) {
    if (heightOf(right.right) >= heightOf(right.left))
      return joined(right, joined(node, left, right.left), right.right)
    const middle = right.left as Node
    return joined(middle, joined(node, left, middle.left), joined(right, middle.right, right.right))
  }
  return joined(node, left, right)
}

function joined({ timer, order }: Node, left: Node | undefined, right: Node | undefined): Node {
  return { timer, order, left, right, height: Math.max(heightOf(left), heightOf(right)) + 1 }
}
