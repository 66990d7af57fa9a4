/** The meaning of a chart's lines, and its buttons. */
import type { JSX } from 'preact'
import { type Acts, ZOOM } from './gestures.ts'
import { type Sample, sampleText, unseenText } from './sample.ts'

interface LegendProps {
  readonly hasCounts: boolean
  /** Whether the ways that the actor itself took stand out. */
  readonly isOwnKnown: boolean
  /** Present when the counts are of a part of the records. */
  readonly sample: Sample | undefined
  readonly isAll: boolean
  readonly acts: Acts
  /** Whether a person has moved the view. */
  readonly isFree: boolean
  readonly onFollow: () => void
  readonly onSave: (kind: 'svg' | 'png') => Promise<void>
}

export function Legend({
  hasCounts,
  isOwnKnown,
  sample,
  isAll,
  acts,
  isFree,
  onFollow,
  onSave,
}: LegendProps): JSX.Element {
  return (
    <div class="chart-legend">
      <p>
        <Key name="now">just taken</Key>
        {hasCounts && isOwnKnown && <Key name="own">taken before</Key>}
        {hasCounts && (
          <Key name="others">{isOwnKnown ? 'by others, how often' : 'taken before, how often'}</Key>
        )}
        <span>
          <svg width="24" height="14" aria-hidden="true">
            <rect class="never" x="0.5" y="0.5" width="23" height="13" rx="6.5" />
          </svg>
          +n {!hasCounts ? 'not drawn' : sample ? 'not taken' : 'never taken'}
        </span>
        {hasCounts && sample && <span>counted in {sampleText(sample)}</span>}
      </p>
      <fieldset aria-label="View of the chart">
        {isFree && (
          <button type="button" onClick={onFollow}>
            Follow
          </button>
        )}
        <button
          type="button"
          aria-pressed={isAll}
          onClick={acts.all}
          title={hasCounts ? `Draw the ways ${unseenText('taken', sample)} ( n )` : 'Draw all ways ( n )'}
        >
          {!hasCounts ? 'All ways' : sample ? 'Not taken' : 'Never taken'}
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in ( + )" onClick={() => acts.zoom(ZOOM)}>
          +
        </button>
        <button
          type="button"
          aria-label="Zoom out"
          title="Zoom out ( − )"
          onClick={() => acts.zoom(1 / ZOOM)}
        >
          −
        </button>
        <button type="button" onClick={acts.fit} title="Show all of it ( f )">
          Fit
        </button>
        <button type="button" onClick={() => void onSave('svg')} title="Save the chart as SVG">
          SVG
        </button>
        <button type="button" onClick={() => void onSave('png')} title="Save the chart as PNG">
          PNG
        </button>
      </fieldset>
    </div>
  )
}

function Key({ name, children }: { name: string; children: string }): JSX.Element {
  return (
    <span>
      <svg width="24" height="8" aria-hidden="true">
        <path class={`line ${name}`} d="M0 4h24" />
      </svg>
      {children}
    </span>
  )
}
