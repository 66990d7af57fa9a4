/** Finds the subscriptions that want a topic. The cost does not grow with the number of the other subscriptions. */
import type { Topic } from './patterns.ts'

interface Node<S> {
  next?: Map<string, Node<S>>
  /** Subscribers whose pattern ends here. */
  here?: Set<S>
  /** Subscribers whose pattern ends here with `>`. */
  rest?: Set<S>
}

/** Topics whose subscribers are remembered. */
const REMEMBERED_MAX = 1_000

export class TopicIndex<S> {
  readonly #root: Node<S> = {}
  /** Subscribers by topic, as they were found. Topics come again and again, patterns rarely change. */
  readonly #found = new Map<string, readonly S[]>()
  #size = 0

  /** Number of patterns in the index. */
  get size(): number {
    return this.#size
  }

  add(pattern: Topic, subscriber: S): void {
    let node = this.#root
    for (const token of pattern) {
      if (token === '>') break
      node.next ??= new Map()
      let next = node.next.get(token)
      if (next === undefined) {
        next = {}
        node.next.set(token, next)
      }
      node = next
    }
    const name = endOf(pattern)
    const end = node[name] ?? new Set()
    node[name] = end
    if (end.has(subscriber)) return
    this.#found.clear()
    end.add(subscriber)
    this.#size++
  }

  remove(pattern: Topic, subscriber: S): void {
    const path = [this.#root]
    for (const token of pattern) {
      if (token === '>') break
      const next = path.at(-1)?.next?.get(token)
      if (next === undefined) return
      path.push(next)
    }
    if (!path.at(-1)?.[endOf(pattern)]?.delete(subscriber)) return
    this.#found.clear()
    this.#size--
    // Removes the nodes that no pattern needs any more.
    for (let depth = path.length - 1; depth > 0; depth--) {
      const { next, here, rest } = path[depth] as Node<S>
      if ((next?.size ?? 0) + (here?.size ?? 0) + (rest?.size ?? 0) > 0) return
      path[depth - 1]?.next?.delete(pattern[depth - 1] as string)
    }
  }

  /** Returns whether a pattern may match a topic that begins with these tokens. */
  mayMatch(start: Topic): boolean {
    return reaches(this.#root, start, 0)
  }

  /** Returns each subscriber once, in no order. `name` is the topic as text. */
  match(topic: Topic, name = topic.join('.')): readonly S[] {
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const found = new Set<S>()
    collect(this.#root, topic, 0, found)
    if (this.#found.size >= REMEMBERED_MAX) this.#found.clear()
    const subscribers = [...found]
    this.#found.set(name, subscribers)
    return subscribers
  }
}

function reaches<S>({ next, here, rest }: Node<S>, start: Topic, depth: number): boolean {
  if ((rest?.size ?? 0) > 0) return true
  const token = start[depth]
  if (token === undefined) return (next?.size ?? 0) > 0 || (here?.size ?? 0) > 0
  const [exact, any] = [next?.get(token), next?.get('*')]
  return (
    (exact !== undefined && reaches(exact, start, depth + 1)) ||
    (any !== undefined && reaches(any, start, depth + 1))
  )
}

function collect<S>(node: Node<S>, topic: Topic, depth: number, found: Set<S>): void {
  const token = topic[depth]
  if (token === undefined) {
    for (const subscriber of node.here ?? []) found.add(subscriber)
    return
  }
  for (const subscriber of node.rest ?? []) found.add(subscriber)
  const exact = node.next?.get(token)
  if (exact !== undefined) collect(exact, topic, depth + 1, found)
  const any = token === '*' ? undefined : node.next?.get('*')
  if (any !== undefined) collect(any, topic, depth + 1, found)
}

function endOf(pattern: Topic): 'here' | 'rest' {
  return pattern.at(-1) === '>' ? 'rest' : 'here'
}
