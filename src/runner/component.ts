/** A part of the runner with a lifecycle and health. Adding one is a file in components/ and a line in components/list.ts. */

/** STOPPED is the state before the start, too. */
export type ComponentState = 'INITIALIZING' | 'RUNNING' | 'STOPPING' | 'STOPPED' | 'FAILED'

/**
 * What a component does, and when it is asked to. A component that holds nothing open leaves `stop` out, and so on.
 *
 * @example
 * const clock: Component = {
 *   name: 'clock',
 *   needs: ['supervisor'],
 *   start: () => clock.set(),
 *   stop: () => clock.unset(),
 *   health: () => (clock.isAhead ? 'it is ahead by a minute' : undefined),
 * }
 */
export interface Component {
  /** Unique in a runner. The address of its actor is `component/<name>`. */
  readonly name: string
  /** Names of the components that run before it starts, and that stop after it. */
  readonly needs: readonly string[]
  /** Opens what it holds. It runs when this resolves. Where `restart` is given it is called again after a failure, after `stop`. */
  start(): void | Promise<void>
  /**
   * Does what goes on while it runs. It is called when all components have started, and that is on record. Resolves when nothing
   * more is to come, rejects when it has failed.
   */
  run?(): Promise<void>
  /** Closes what its start has opened, also where the start has failed. */
  stop?(): void | Promise<void>
  /** Returns why it is not well, in a sentence; undefined while it is. Whoever asks may ask often: it looks at memory alone. */
  health?(): string | undefined
  /** Whether, and how often, it is started again when it fails while it runs. Without it such a failure ends the run. */
  readonly restart?: RestartPolicy | undefined
  /** Whether the run ends when its `run` has resolved. */
  readonly endsRun?: boolean
}

export interface RestartPolicy {
  /** Failures in a row after which it is not started again, and stays FAILED. The run goes on without it. */
  readonly failuresMax: number
  /** Wait before the first restart in ms, twice as long before each further one. */
  readonly minMs: number
  readonly maxMs: number
  /** A component that has run for so long in ms has not failed in a row. */
  readonly steadyMs: number
}

/** What is known of a component from outside. @example { name: 'news', state: 'FAILED', reason: 'the wire is cut' } */
export interface ComponentHealth {
  readonly name: string
  readonly state: ComponentState
  /** Why it has failed, or why it is not well. */
  readonly reason?: string
}
