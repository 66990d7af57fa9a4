/** The dialog before anything is done: it says what will happen, and asks for what the log should have. */
import { computed, signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { Dialog } from '../frame/dialog.tsx'
import { lost } from '../log/connection.ts'
import { faultOf } from '../log/loading.ts'
import { onOtherLog } from '../log/log-id.ts'
import { health } from '../log/run.ts'
import { momentAt } from '../state/moment.ts'
import { moment } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { timeText } from '../text/time.ts'
import { FieldInput } from './field.tsx'
import { eventOf, type Field } from './schema.ts'

interface Taken {
  readonly signal: AbortSignal
}

export interface Ask {
  readonly title: string
  /** The consequences, for the person who decides. */
  readonly about: ComponentChildren
  readonly fields: readonly Field[]
  /** The first values of the form, by the names of fields. */
  readonly given?: Readonly<Record<string, string>>
  /** The word on the button. */
  readonly verb: string
  readonly isGrave?: boolean
  /** Does it, until the signal takes it back. Resolves with the seq of the record that says so. */
  run(values: Readonly<Record<string, unknown>>, options: Taken): Promise<{ readonly seq: number }>
}

export const NAME: Field = {
  name: 'by',
  sort: 'text',
  about: 'The name of the person who asks for it.',
  isRequired: false,
  choices: [],
  lengthMax: 128,
}
export const REASON: Field = {
  name: 'reason',
  sort: 'text',
  about: 'A remark for the log.',
  isRequired: false,
  choices: [],
  lengthMax: 500,
}

/** True when the token of this page may only read. */
export const isReadOnly = computed(() => health.value.value?.access === 'read')
const asked = signal<Ask | undefined>(undefined)
/** Takes back what is under way; undefined when nothing is. */
const underWay = signal<AbortController | undefined>(undefined)
const refusal = signal('')
/** The last deed, for a person who does not see the list move. */
const said = signal('')
let forgetting: ReturnType<typeof setTimeout> | undefined

/** The question that is open, and the quarantined actor that it is about. */
export const askFor = signal<{ readonly ask: Ask; readonly address: string } | undefined>(undefined)

export function ask(what: Ask, quarantined?: string): void {
  refusal.value = ''
  underWay.value?.abort()
  asked.value = what
  askFor.value = quarantined === undefined ? undefined : { ask: what, address: quarantined }
}

// What was asked for was of the last log.
onOtherLog(() => {
  underWay.peek()?.abort()
  asked.value = undefined
})

/** Closes the dialog when its question has no sense any more. */
export function withdraw(what: Ask): void {
  if (asked.peek() === what) asked.value = undefined
}

async function run(what: Ask, form: HTMLFormElement): Promise<void> {
  const texts = new Map([...new FormData(form)].map(([name, value]) => [name, String(value)] as const))
  const own = new AbortController()
  underWay.value = own
  refusal.value = ''
  try {
    const values = eventOf(what.fields, texts)
    const { seq } = await what.run(values, own)
    if (asked.value === what) asked.value = undefined
    say(`${what.title.replace(/\?$/, '')}: done, seq ${countText(seq)}`)
  } catch (error) {
    if (own.signal.aborted)
      return say(
        `${what.title.replace(/\?$/, '')}: not asked any more. The history says whether it was done.`,
      )
    const { message, hint } = faultOf(error)
    refusal.value = hint === '' ? message : `${message}. ${hint}`
  } finally {
    if (underWay.peek() === own) underWay.value = undefined
  }
}

function say(text: string): void {
  clearTimeout(forgetting)
  said.value = text
  forgetting = setTimeout(() => {
    said.value = ''
  }, 8_000)
}

export function AskDialog(): JSX.Element {
  const what = asked.value
  const close = () => {
    underWay.value?.abort()
    asked.value = undefined
  }
  return (
    <>
      <p id="said" role="status" class={said.value === '' ? 'vh' : ''}>
        {said.value}
      </p>
      {what !== undefined && (
        <Dialog title={what.title} onClose={close}>
          <form
            id="ask"
            autocomplete="off"
            onSubmit={(event) => {
              event.preventDefault()
              if (underWay.value === undefined) void run(what, event.currentTarget)
            }}
            onKeyDown={(event) => {
              // Enter never sends: that takes the button.
              if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault()
            }}
          >
            {moment.value !== undefined && (
              <p class="chip moment">
                You look at {momentAt.value === undefined ? 'the past' : timeText(momentAt.value)}. This acts
                now.
              </p>
            )}
            <div class="about">{what.about}</div>
            {what.fields.map((field) => (
              <FieldInput
                key={field.name}
                field={field}
                control={field.name}
                isNeeded={field.isRequired}
                given={what.given?.[field.name]}
              />
            ))}
            <p class="bad refusal" role="alert">
              {refusal.value}
            </p>
            {underWay.value !== undefined && lost.value !== undefined && (
              <p class="dim" role="status">
                The runner does not answer. It is asked again for some seconds, unless you go back.
              </p>
            )}
            <div class="buttons">
              <button type="button" class="btn" onClick={close}>
                Back
              </button>
              <button
                type="submit"
                class={`btn first${what.isGrave ? ' danger' : ''}`}
                aria-disabled={underWay.value !== undefined}
                aria-busy={underWay.value !== undefined}
              >
                {what.verb}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  )
}
