/** The market view. Its charts are large, so they are loaded when somebody looks at them first. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'

const view = signal<(() => JSX.Element) | undefined>(undefined)

export function Market(): JSX.Element | null {
  useEffect(() => {
    void import('./market-view.tsx').then(({ MarketView }) => {
      view.value = MarketView
    })
  }, [])
  const View = view.value
  return View === undefined ? null : <View />
}
