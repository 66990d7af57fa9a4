/** Tests the internals of XState on which the runtime relies. A version that behaves differently fails here first. */

import { describe, expect, it } from 'vitest'
import {
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromTransition,
  log,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import { makeRef } from '../../src/runtime/actors/persist.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { replayScope } from '../../src/runtime/state/replay.ts'
import type { Effect } from '../../src/runtime/xstate/effect.ts'
import { prepareMachine } from '../../src/runtime/xstate/logic.ts'

const child = createMachine({ id: 'child' })
const machine = setup({ actors: { child }, actions: { custom: () => {} } }).createMachine({
  id: 'm',
  initial: 'a',
  states: {
    a: {
      on: {
        SEND: { actions: sendTo(({ system }) => system.get('order/1'), { type: 'X' }) },
        LATER: {
          actions: sendTo(({ system }) => system.get('order/1'), { type: 'X' }, { id: 't', delay: 5 }),
        },
        PARENT: { actions: sendParent({ type: 'X' }) },
        RAISE: { actions: raise({ type: 'NEXT' }) },
        RAISE_LATER: { actions: raise({ type: 'NEXT' }, { delay: 7 }) },
        CANCEL: { actions: cancel('t') },
        SPAWN: { actions: spawnChild('child', { id: 'c', input: 1 }) },
        SPAWN_AND_STOP: { actions: [spawnChild('child', { id: 'c' }), stopChild('c')] },
        EMIT: { actions: emit({ type: 'OUT' }) },
        LOG: { actions: log('said', 'label') },
        CUSTOM: { actions: 'custom' },
        GO: 'b',
      },
    },
    b: { after: { 9: 'a' } },
  },
  on: { NEXT: '.b' },
})
prepareMachine(machine)

const scope = replayScope()
const self = makeRef(scope.system, 'm/1/x' as Address, ['m'])

function effectsOf(type: string): Effect[] {
  const { snapshot } = scope.initial(machine, self, undefined)
  return scope.transition(machine, self, snapshot, { type }).effects as Effect[]
}

describe('the scope collects the effects of a transition, and carries none of them out', () => {
  it.each<[string, unknown[]]>([
    ['SEND', [{ type: 'send', to: 'order/1', event: { type: 'X' } }]],
    ['LATER', [{ type: 'schedule', id: 't', delayMs: 5, to: 'order/1', event: { type: 'X' } }]],
    ['PARENT', [{ type: 'send', to: 'm/1', event: { type: 'X' } }]],
    [
      'RAISE',
      [{ type: 'schedule', id: 'xstate.after.9.m.b', delayMs: 9, event: { type: 'xstate.after.9.m.b' } }],
    ],
    ['RAISE_LATER', [{ type: 'schedule', id: undefined, delayMs: 7, event: { type: 'NEXT' } }]],
    ['CANCEL', [{ type: 'cancel', id: 't' }]],
    ['SPAWN', [{ type: 'spawn', ref: { sessionId: 'm/1/x/c', src: 'child' }, input: 1 }]],
    ['SPAWN_AND_STOP', []],
    ['EMIT', [{ type: 'emit', event: { type: 'OUT' } }]],
    ['LOG', [{ type: 'log', label: 'label', value: 'said' }]],
    ['CUSTOM', [{ type: 'custom', name: 'custom' }]],
    ['UNKNOWN', []],
  ])('%s', (type, expected) => {
    expect(effectsOf(type)).toMatchObject(expected)
    expect(effectsOf(type)).toHaveLength(expected.length)
  })

  it('returns the same snapshot for an unhandled event', () => {
    const { snapshot } = scope.initial(machine, self, undefined)
    expect(scope.transition(machine, self, snapshot, { type: 'UNKNOWN' }).snapshot).toBe(snapshot)
  })

  it('makes the context a plain object, whatever is assigned: XState copies it key by key', () => {
    const n = () => ({ n: { now: Math.random() } })
    const got = () => Object.defineProperty({}, 'n', { get: n, enumerable: true })
    const assigning = createMachine({
      context: got,
      on: {
        A: { actions: assign(got) },
        B: { actions: enqueueActions(({ enqueue }) => enqueue.assign(got as never)) },
        C: { actions: [assign(got), assign(got)] },
      },
    })
    let { snapshot } = scope.initial(assigning, self, undefined)
    for (const type of ['A', 'B', 'C', 'A']) {
      const { context } = snapshot
      expect(Object.getOwnPropertyDescriptor(context, 'n')).toHaveProperty('value')
      snapshot = scope.transition(assigning, self, snapshot, { type }).snapshot
      expect(snapshot.context).not.toBe(context)
    }
    const whole = createMachine({ context: got() })
    expect(() => scope.initial(whole, self, undefined)).toThrow('context.n is a getter')
    const logic = fromTransition(got, {})
    const first = scope.initial(logic, self, undefined).snapshot
    expect(() => scope.transition(logic, self, first, { type: 'A' })).toThrow('context.n is a getter')
  })

  it('notes the transitions taken only while a watcher is there', () => {
    const { snapshot } = scope.initial(machine, self, undefined)
    expect(scope.transition(machine, self, snapshot, { type: 'GO' }).taken).toEqual([])
    scope.watching = true
    expect(scope.transition(machine, self, snapshot, { type: 'GO' }).taken).toEqual([
      { source: 'm.a', targets: ['m.b'], eventType: 'GO' },
    ])
    scope.watching = false
  })
})
