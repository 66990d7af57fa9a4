import type { Group } from '../family.ts'

const STATES = ['INITIALIZING', 'RUNNING', 'STOPPING', 'STOPPED', 'FAILED'] as const

/** A component of the runner, as its lifecycle has it. */
interface Component {
  readonly name: string
  readonly state: string
  /** Undefined where it is well. */
  readonly reason?: string
  readonly failures: number
  readonly restarts: number
}

export interface ComponentsSource {
  readonly components: readonly Component[]
}

const COMPONENT = { component: 'name of the component' }

export const COMPONENTS: Group<ComponentsSource> = {
  name: 'The components',
  about: 'Of a runner. A program with a supervisor of its own has none.',
  families: [
    {
      name: 'outcry_component_state',
      help: '1 for the state that a component is in, 0 for the others',
      type: 'gauge',
      labels: { ...COMPONENT, state: STATES.map((state) => `\`${state}\``).join(', ') },
      read: ({ components }) =>
        components.flatMap(({ name, state }) =>
          STATES.map((one) => [name, one, one === state ? 1 : 0] as const),
        ),
    },
    {
      name: 'outcry_component_healthy',
      help: '1 when a component runs and is well, 0 otherwise; `/health` has the reason',
      type: 'gauge',
      labels: COMPONENT,
      read: ({ components }) =>
        components.map(
          ({ name, state, reason }) => [name, state === 'RUNNING' && reason === undefined ? 1 : 0] as const,
        ),
    },
    {
      name: 'outcry_component_failures_total',
      help: 'Failures of a component',
      type: 'counter',
      labels: COMPONENT,
      read: ({ components }) => components.map(({ name, failures }) => [name, failures] as const),
    },
    {
      name: 'outcry_component_restarts_total',
      help: 'Restarts of a component, after failures or by people',
      type: 'counter',
      labels: COMPONENT,
      read: ({ components }) => components.map(({ name, restarts }) => [name, restarts] as const),
    },
  ],
}
