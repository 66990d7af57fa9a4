/**
 * A part of the runner with a lifecycle and health. Adding one is a file in components/ and a line in
 * components/list.ts.
 */

/** STOPPED is also the state before the start. */
export type ComponentState = 'INITIALIZING' | 'RUNNING' | 'STOPPING' | 'STOPPED' | 'FAILED'

/**
 * The functions of a component, in the order of their calls. A component without resources leaves `stop` out.
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
  /** The component's name, unique in a runner. The address of its actor is `component/<name>`. */
  readonly name: string
  /** Names of the components that run before it starts, and that stop after it. */
  readonly needs: readonly string[]
  /**
   * Opens the component's resources. It runs when this resolves. With `restart`, this is called again after a failure
   * and `stop`.
   */
  start(): void | Promise<void>
  /**
   * Does the component's continuous work. It is called when the starts of all components are recorded. Resolves when
   * the work is done, and rejects when it has failed.
   */
  run?(): Promise<void>
  /** Closes the resources that the start has opened, even when the start has failed. */
  stop?(): void | Promise<void>
  /**
   * Names a group of components that stop at the same time, where they follow each other in the order of their starts. None
   * of them needs another one.
   */
  readonly stopsWith?: string
  /** Returns the component's problem as a sentence, or undefined. It is called often, so it reads memory only. */
  health?(): string | undefined
  /**
   * Restarts the component when it fails while it runs. Those that need it go on meanwhile, so a person may restart it,
   * too. Without this a failure ends the run, and nobody restarts the component.
   */
  readonly restart?: RestartPolicy | undefined
  /** The reason why a person cannot restart it in this run, where it may be restarted in others. */
  readonly fixed?: string | undefined
  /** True when the run ends as soon as the component's `run` has resolved. */
  readonly endsRun?: boolean
}

export interface RestartPolicy {
  /** Maximum failures in a row. After more, the component stays FAILED, and the run goes on without it. */
  readonly failuresMax: number
  /** The wait before the first restart, in ms. It doubles with each further one. */
  readonly minMs: number
  readonly maxMs: number
  /** The time in ms after which an earlier failure no longer counts. */
  readonly steadyMs: number
}

/** The public view of a component. @example { name: 'news', state: 'FAILED', reason: 'the wire is cut' } */
export interface ComponentHealth {
  readonly name: string
  readonly state: ComponentState
  /** The component's failure or problem. */
  readonly reason?: string
  /** True when the run goes on without it. */
  readonly isOptional?: true
}
