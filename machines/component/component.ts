import { setup } from 'xstate'
import * as actions from './actions.ts'
import type { ComponentTypes } from './context.ts'
import { componentDeclaration } from './declaration.ts'

const failed = { target: 'FAILED', actions: 'reportFailed' } as const

export const componentMachine = setup({ types: {} as ComponentTypes, actions }).createMachine({
  id: 'component',
  version: '1',
  description:
    'A component of the process. After a crash it starts from the state that it was in. A component that closes the log ends as STOPPING.',
  context: ({ input: { name } }) => ({ name, failures: 0 }),
  initial: 'INITIALIZING',
  // From every state: a process that was killed has told nobody.
  on: { START: { target: '.INITIALIZING', actions: 'forgetReason' } },
  states: {
    INITIALIZING: {
      on: {
        START_COMPLETED: { target: 'RUNNING', actions: 'reportStarted' },
        STOP: 'STOPPING',
        FAULT: failed,
      },
    },
    RUNNING: { on: { STOP: 'STOPPING', FAULT: failed } },
    STOPPING: {
      on: { STOP_COMPLETED: { target: 'STOPPED', actions: 'reportStopped' }, FAULT: failed },
    },
    STOPPED: {},
    FAILED: {},
  },
})

/** The kind, as it is registered. */
export const componentKind = {
  ...componentDeclaration,
  machine: componentMachine,
  holds: () => 'it only records what the component does',
}
