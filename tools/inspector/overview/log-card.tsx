/** What is known about the log: only what was looked at. */
import type { JSX } from 'preact'
import { isReadOnly } from '../actions/ask.tsx'
import { askToVerify } from '../actions/deeds.ts'
import { lost } from '../log/connection.ts'
import { health } from '../log/run.ts'
import { type Vitals, vitals } from '../log/vitals.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, timeText } from '../text/time.ts'

export function LogCard(): JSX.Element | null {
  const is = vitals.value.value
  if (is === undefined) return null
  const { startedAfter, archivedTo, epoch, verified } = is.log
  const maySay = !isReadOnly.value && lost.value === undefined
  return (
    <div class="card">
      <h2>
        Log <Verdict verified={verified} />
        {maySay && (
          <button type="button" class="btn small" onClick={askToVerify}>
            Check all…
          </button>
        )}
      </h2>
      <dl class="lines facts">
        <div>
          <dt>Records</dt>
          <dd>
            {countText(is.seq)}
            {archivedTo > 0 && `, ${countText(archivedTo)} of them in the archive`}
          </dd>
        </div>
        <div>
          <dt>Start {countText(epoch)}</dt>
          <dd>
            {startedAfter === 0
              ? 'It began with this start.'
              : `It was opened behind record ${countText(startedAfter)}: its files, its last commits and its end agreed.`}
          </dd>
        </div>
        <div>
          <dt>Whole check</dt>
          <dd>{verified === undefined ? 'Not since this start.' : checkText(verified, is.now)}</dd>
        </div>
        <div>
          <dt>Outcry</dt>
          <dd>{health.value.value?.version ?? ''}</dd>
        </div>
      </dl>
    </div>
  )
}

type Verified = Vitals['log']['verified']

function Verdict({ verified }: { readonly verified: Verified }): JSX.Element | null {
  if (verified === undefined) return null
  const { problems } = verified
  return (
    <span class={`chip ${problems === 0 ? 'good' : 'bad'}`}>
      {problems === 0 ? 'whole' : `${countText(problems)} ${problems === 1 ? 'problem' : 'problems'}`}
    </span>
  )
}

function checkText({ at, seq, reports, problems }: NonNullable<Verified>, now: number): string {
  const books = reports === undefined ? '' : `, and ${countText(reports)} reports in the books of venues`
  const found = problems === 0 ? 'no problem' : `${countText(problems)} found; \`outcry verify\` lists them`
  return `${timeText(at, now)}, ${lengthText(now - at)} ago: ${countText(seq)} records${books}, ${found}.`
}
