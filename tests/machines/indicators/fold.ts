import type { Indicator, Reading } from '../../../machines/indicators/index.ts'

/** The state after each input. */
export function statesOf<Input, State extends Reading<unknown>>(
  { initial, next }: Indicator<Input, State>,
  inputs: readonly Input[],
): State[] {
  let state = initial
  return inputs.map((input) => {
    state = next(state, input)
    return state
  })
}

/** The value after each input. */
export function valuesOf<Input, State extends Reading<unknown>>(
  indicator: Indicator<Input, State>,
  inputs: readonly Input[],
): State['value'][] {
  return statesOf(indicator, inputs).map(({ value }) => value)
}
