/** The content of a panel that has nothing else: that it reads, or why it could not. */
import type { JSX } from 'preact'
import type { Loaded } from '../log/loading.ts'

export function Notice({
  of,
  lines = 4,
}: {
  readonly of: Pick<Loaded<unknown>, 'value' | 'fault' | 'isSlow' | 'again'>
  readonly lines?: number
}): JSX.Element | null {
  const fault = of.fault.value
  if (fault !== undefined)
    return (
      <div class="fault" role="alert">
        <p>
          <b>{fault.message}</b>
        </p>
        {fault.hint !== '' && <p>{fault.hint}</p>}
        <p class="dim mono">{fault.code}</p>
        <button type="button" class="btn" onClick={() => of.again()}>
          Again
        </button>
      </div>
    )
  if (of.value.value !== undefined || !of.isSlow.value) return null
  return (
    <div class="skeleton" role="status" aria-label="Reading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  )
}
