/** The controls of a field in a form: one, a group of them, or as many groups as a person adds. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { controlOf, type Field, removerOf } from './schema.ts'

interface Shown {
  readonly field: Field
  /** Its name in the form. */
  readonly control: string
  /** True when the form has to have it. A field that its group requires is not needed in a group that may be empty. */
  readonly isNeeded: boolean
  readonly given?: string | undefined
}

export function FieldInput(shown: Shown): JSX.Element {
  const { sort, isNullable = false } = shown.field
  const isRemoved = useSignal(false)
  const { control } = shown
  const remover = isNullable && (
    <label class="remover">
      <input
        type="checkbox"
        name={removerOf(control)}
        value="null"
        aria-label={`remove ${control}`}
        onChange={(event) => {
          isRemoved.value = event.currentTarget.checked
        }}
      />
      remove it
    </label>
  )
  if (sort === 'group' || sort === 'list')
    return (
      <fieldset class="subfields">
        <Legend {...shown} />
        {remover}
        {!isRemoved.value && (sort === 'group' ? <Group {...shown} /> : <List {...shown} />)}
      </fieldset>
    )
  return (
    <div class="field">
      <label for={idOf(control)}>
        {shown.field.name || 'value'}
        <Optional isNeeded={shown.isNeeded} />
      </label>
      {!isRemoved.value && <Control {...shown} />}
      {remover}
      <About {...shown} />
    </div>
  )
}

const idOf = (control: string) => `ask-${control}`

function Optional({ isNeeded }: Pick<Shown, 'isNeeded'>): JSX.Element | null {
  return isNeeded ? null : <span class="dim"> if you like</span>
}

function Legend({ field: { name }, control, isNeeded }: Shown): JSX.Element {
  const number = Number(control.split('.').at(-1))
  return (
    <legend>
      {name === '' ? number + 1 : name}
      <Optional isNeeded={isNeeded} />
    </legend>
  )
}

function About({ field: { about }, control }: Shown): JSX.Element {
  return (
    <small id={`${idOf(control)}-about`} class="dim">
      {about}
    </small>
  )
}

function Group(shown: Shown): JSX.Element {
  const { field, control, isNeeded } = shown
  return (
    <>
      <About {...shown} />
      {field.fields?.map((inner) => (
        <FieldInput
          key={inner.name}
          field={inner}
          control={controlOf(control, inner.name)}
          isNeeded={isNeeded && inner.isRequired}
        />
      ))}
    </>
  )
}

function List(shown: Shown): JSX.Element {
  const { field, control, isNeeded } = shown
  const { items } = field
  /** The numbers of the items that are there. */
  const numbers = useSignal<readonly number[]>(isNeeded ? [0] : [])
  const add = () => {
    numbers.value = [...numbers.value, (numbers.value.at(-1) ?? -1) + 1]
  }
  return (
    <>
      <About {...shown} />
      {items !== undefined &&
        numbers.value.map((number) => (
          <div class="subitem" key={number}>
            <FieldInput field={items} control={controlOf(control, number)} isNeeded />
            <button
              type="button"
              class="btn"
              aria-label={`remove ${field.name} ${number + 1}`}
              onClick={() => {
                numbers.value = numbers.value.filter((other) => other !== number)
              }}
            >
              Remove
            </button>
          </div>
        ))}
      <button type="button" class="btn" aria-label={`add to ${control}`} onClick={add}>
        Add
      </button>
    </>
  )
}

function Control({ field, control, isNeeded, given = '' }: Shown): JSX.Element {
  const { sort, choices, lengthMax } = field
  const id = idOf(control)
  const rest = { id, name: control, required: isNeeded, 'aria-describedby': `${id}-about` }
  if (sort === 'choice' || sort === 'flag')
    return (
      <select {...rest} defaultValue={given}>
        {!isNeeded && <option value="" />}
        {(sort === 'flag' ? ['true', 'false'] : choices.map(String)).map((choice) => (
          <option key={choice} value={choice} selected={choice === given}>
            {choice}
          </option>
        ))}
      </select>
    )
  if (sort === 'json')
    return <textarea {...rest} class="mono" rows={3} spellcheck={false} defaultValue={given} />
  return (
    <input
      {...rest}
      inputMode={sort === 'number' ? 'decimal' : 'text'}
      defaultValue={given}
      maxLength={lengthMax ?? 10_000}
    />
  )
}
