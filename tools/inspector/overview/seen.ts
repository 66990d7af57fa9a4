/** The matters that a person has seen on the overview. The browser keeps them for the log that it is about. */
import { effect } from '@preact/signals'
import { actorAt, know } from '../log/actors.ts'
import { client } from '../log/client.ts'
import { loaded } from '../log/loading.ts'
import { onOtherLog, signalOfLog } from '../log/log-id.ts'
import { areFiguresKnown } from '../log/run.ts'

const KEY = 'seen'
/** The actor whose first record tells logs apart. */
const RUNNER = 'runner/main'
/** A count of the present run: the next one counts anew. */
export const REFUSED = 'refused'

type Seen = Readonly<Record<string, number>>

/** By sort of matter, the seq up to which a person has seen it, or how many of them. */
export const seen = signalOfLog<Seen>({})

/** The name that tells this log from all others; undefined for the log of a program without a runner, whose marks end with the page. */
const life = loaded<{ readonly of: string | undefined }>(() => {
  if (!areFiguresKnown.value) return undefined
  return {
    subject: 'life',
    place: 'whole',
    read: async (signal) => {
      await know([RUNNER], signal)
      if (actorAt(RUNNER) === undefined) return { of: undefined }
      const { context } = await client.ask('actor', { params: { address: RUNNER }, signal })
      const { belonging } = Object(context) as { readonly belonging?: { readonly life?: string } }
      return { of: belonging?.life }
    },
  }
})

let isKnown = false
// The marks of another log say nothing of this one.
onOtherLog(() => {
  isKnown = false
})
effect(() => {
  const is = life.value.value
  if (is === undefined || isKnown) return
  const kept = is.of === undefined ? {} : read(is.of)
  seen.value = { ...kept, ...seen.peek() }
  isKnown = true
})

export function see(sort: string, upTo: number): void {
  seen.value = { ...seen.peek(), [sort]: upTo }
  const { [REFUSED]: _, ...kept } = seen.peek()
  const of = life.value.peek()?.of
  if (of === undefined) return
  try {
    localStorage.setItem(KEY, JSON.stringify({ life: of, seen: kept }))
  } catch {
    // A browser that keeps nothing shows it again the next time.
  }
}

function read(of: string): Seen {
  try {
    const { life, seen } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as { life?: string; seen?: Seen }
    return life === of ? (seen ?? {}) : {}
  } catch {
    return {}
  }
}
