/** Which subscriptions want a topic. What it costs to find them does not grow with the number of the others. */
import type { Topic } from './topic.ts'

interface Node<S> {
  readonly next: Map<string, Node<S>>
  /** Those whose pattern ends here. */
  readonly here: Set<S>
  /** Those whose pattern ends here with `>`. */
  readonly rest: Set<S>
}

export class TopicIndex<S> {
  readonly #root: Node<S> = emptyNode()
  #size = 0

  /** Patterns in it. */
  get size(): number {
    return this.#size
  }

  add(pattern: Topic, subscriber: S): void {
    let node = this.#root
    for (const token of pattern) {
      if (token === '>') break
      let next = node.next.get(token)
      if (next === undefined) {
        next = emptyNode()
        node.next.set(token, next)
      }
      node = next
    }
    const end = endOf(pattern, node)
    if (end.has(subscriber)) return
    end.add(subscriber)
    this.#size++
  }

  remove(pattern: Topic, subscriber: S): void {
    const path = [this.#root]
    for (const token of pattern) {
      if (token === '>') break
      const next = path.at(-1)?.next.get(token)
      if (next === undefined) return
      path.push(next)
    }
    if (!endOf(pattern, path.at(-1) as Node<S>).delete(subscriber)) return
    this.#size--
    // Patterns that nobody asks for any more leave nothing behind.
    for (let depth = path.length - 1; depth > 0; depth--) {
      const { next, here, rest } = path[depth] as Node<S>
      if (next.size + here.size + rest.size > 0) return
      path[depth - 1]?.next.delete(pattern[depth - 1] as string)
    }
  }

  /** Each one once, in no order. */
  match(topic: Topic): Set<S> {
    const found = new Set<S>()
    collect(this.#root, topic, 0, found)
    return found
  }
}

function collect<S>(node: Node<S>, topic: Topic, depth: number, found: Set<S>): void {
  const token = topic[depth]
  if (token === undefined) {
    for (const subscriber of node.here) found.add(subscriber)
    return
  }
  for (const subscriber of node.rest) found.add(subscriber)
  const exact = node.next.get(token)
  if (exact !== undefined) collect(exact, topic, depth + 1, found)
  const any = token === '*' ? undefined : node.next.get('*')
  if (any !== undefined) collect(any, topic, depth + 1, found)
}

function endOf<S>(pattern: Topic, { here, rest }: Node<S>): Set<S> {
  return pattern.at(-1) === '>' ? rest : here
}

function emptyNode<S>(): Node<S> {
  return { next: new Map(), here: new Set(), rest: new Set() }
}
