/** The actions of a component. */
import { assertEvent } from 'xstate'
import { acts } from '../kind/kind.ts'
import type { ComponentTypes } from './context.ts'
import { componentDeclaration } from './declaration.ts'

const { action, emit } = acts(componentDeclaration, {} as ComponentTypes)

export const forgetReason = action(({ enqueue }) => enqueue.assign({ reason: undefined }))

export const reportStarted = action(({ context: { name: component }, event: { at }, enqueue }) =>
  enqueue(emit({ type: 'COMPONENT_STARTED', at, component })),
)

export const reportStopped = action(({ context: { name: component }, event: { at }, enqueue }) =>
  enqueue(emit({ type: 'COMPONENT_STOPPED', at, component })),
)

export const reportFailed = action(({ context: { name: component, failures }, event, enqueue }) => {
  assertEvent(event, 'FAULT')
  const { type: _, ...facts } = event
  enqueue.assign({ reason: facts.reason, failures: failures + 1 })
  enqueue(emit({ type: 'COMPONENT_FAILED', component, ...facts }))
})
