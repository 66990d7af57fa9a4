/**
 * An indicator as a pure fold over closed candles. Its state is small plain JSON that carries the last value, so a
 * machine keeps it in its context, where guards and replays find it:
 *
 *     const fast = ema(12)
 *     const range = atr(14)
 *
 *     context: { fast: fast.initial, range: range.initial }
 *     assign(({ context, event }) => {
 *       const bar = barOf(event.candle)
 *       return { fast: fast.next(context.fast, bar.close), range: range.next(context.range, bar) }
 *     })
 *     guard: ({ context }) => context.fast.value !== undefined
 *
 * Numbers are IEEE doubles, for an indicator is no money; only operations that round alike everywhere are used.
 */
export interface Indicator<Input, State extends Reading<unknown>> {
  /** Inputs up to and including the one that gives the first value. */
  readonly warmUp: number
  readonly initial: State
  readonly next: (state: State, input: Input) => State
}

/** The field that every state has: the value after the last input, once there have been enough inputs. */
export interface Reading<Value> {
  readonly value?: Value
}
