/** Reads the text of the search: words of the filter, as the command line has them, and parts of an address. Pure. */
import type { WantedActors } from '../../../src/client/index.ts'

/** The filter of the server. */
export type Filter = Readonly<
  Pick<WantedActors, 'kind' | 'name' | 'end' | 'state' | 'tag' | 'symbol' | 'condition' | 'prefix'>
>
type Condition = NonNullable<Filter['condition']>

const CONDITIONS: readonly Condition[] = ['quarantined', 'restarting', 'failing', 'failed', 'open', 'ended']

export interface Understood {
  readonly filter: Filter
  /** The filter as a sentence: `order, in state filled, named btc`. Empty when nothing is asked for. */
  readonly text: string
  /** A word that means nothing, and why. */
  readonly wrong?: string
}

/** The words, each with what it says of the actors that it finds. */
export const WORDS: Readonly<Record<string, (value: string) => string>> = {
  kind: (value) => `of kind ${value}`,
  state: (value) => `in state ${value}`,
  tag: (value) => `with tag ${value}`,
  symbol: (value) => `of symbol ${value}`,
  is: (value) => value,
  prefix: (value) => `beginning with ${value}`,
  end: (value) => `ending with ${value}`,
}

/** Returns the filter that a text asks for. */
export function understood(text: string): Understood {
  const filter: Record<string, string> = {}
  const names: string[] = []
  const said: string[] = []
  let wrong: string | undefined
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const cut = word.indexOf(':')
    const key = cut < 0 ? '' : word.slice(0, cut) === 'condition' ? 'is' : word.slice(0, cut)
    const value = word.slice(cut + 1)
    const say = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined
    // A condition is told by its word alone, too.
    if (CONDITIONS.includes(word as Condition)) {
      filter.condition = word
      said.push(word)
    }
    // Addresses have colons, too.
    else if (say === undefined) names.push(word)
    // The word is not whole yet.
    else if (value === '') wrong = `${word} wants a word behind it`
    else if (key === 'is' && !CONDITIONS.includes(value as Condition))
      wrong = `${word}: an actor is ${CONDITIONS.join(', ')}`
    else {
      filter[key === 'is' ? 'condition' : key] = value
      said.push(say(value))
    }
  }
  if (names.length > 0) {
    filter.name = names.join(' ')
    said.push(`with ${names.join(' and ')} in the address`)
  }
  return { filter, text: said.join(', '), ...(wrong !== undefined && { wrong }) }
}
