/** The market view. Its charts are large, so they are loaded when somebody looks at them first. */
import type { JSX } from 'preact'
import { OutcryError } from '../../../src/client/index.ts'
import { Notice } from '../frame/notice.tsx'
import { loaded } from '../log/loading.ts'
import { view } from '../state/place.ts'

/** The module, in an object, because a signal takes a function for one that makes its value. */
const part = loaded(() => {
  if (view.value !== 'market') return undefined
  return { subject: 'market', place: 'whole', read: load }
})

async function load(): Promise<{ readonly View: () => JSX.Element }> {
  try {
    return { View: (await import('./market-view.tsx')).MarketView }
  } catch (cause) {
    const why = 'this part of the page could not be loaded'
    const hint = 'The runner may be starting or stopping. Where that lasts, load the page anew.'
    throw new OutcryError('RUNNER_UNREACHABLE', why, hint, { cause })
  }
}

export function Market(): JSX.Element {
  const is = part.value.value
  return is === undefined ? <Notice of={part} lines={8} /> : <is.View />
}
