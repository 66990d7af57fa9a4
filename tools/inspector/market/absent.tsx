/** The place of the prices where the chosen actor has none at the moment: why, and which symbols there are. */
import type { JSX } from 'preact'
import { Name, To } from '../frame/name.tsx'
import { chosen } from '../log/chosen.ts'
import { choice } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { symbols } from './data.ts'

/** Most symbols that are offered: the list at the left has all of them. */
const OFFERED_MAX = 12

export function Absent({ why }: { readonly why: string }): JSX.Element {
  const first = why === 'not there yet' ? chosen.value.value?.life.first : undefined
  return (
    <div class="empty absent">
      <p>
        <span class="mono">
          <Name address={choice.value} />
        </span>{' '}
        <span class="chip">{why}</span>
      </p>
      {first !== undefined && (
        <p>
          Its first record is{' '}
          <To place={{ moment: first.seq }} kind="link">
            seq {countText(first.seq)}
          </To>
          .
        </p>
      )}
      {symbols.value.length > 0 && (
        <>
          <p>The symbols of this log:</p>
          <ul>
            {symbols.value.slice(0, OFFERED_MAX).map((address) => (
              <li key={address}>
                <To place={{ choice: address }} kind="link mono">
                  {address}
                </To>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
