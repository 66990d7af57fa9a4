import type { Indicator, Reading } from './indicator.ts'

export interface WindowState<Value> extends Reading<Value> {
  /** The last inputs, oldest first. */
  readonly window: readonly number[]
}

/** Returns a function of the last `length` inputs. It is computed from all of them each time, because running sums drift. */
export function overWindow<Value>(
  length: number,
  calculate: (window: readonly number[]) => Value,
): Indicator<number, WindowState<Value>> {
  return {
    warmUp: length,
    initial: { window: [] },
    next: (state, input) => {
      const window = [...state.window, input].slice(-length)
      return window.length < length ? { window } : { window, value: calculate(window) }
    },
  }
}
