/** Logs have what machines have emitted: an earlier version emits the fields of then, whatever its events have got since. */
import { describe, expect, it } from 'vitest'
import { createActor, type EventObject, setup } from 'xstate'
import { z } from 'zod'
import { acts, declare, laterThan, type Since, versionsSince } from '../../machines/kind/kind.ts'
import { fieldsAt, onFile, presentLabels } from './emitted/fields.ts'

describe('the events of each version', () => {
  it.each(Object.entries(onFile()))('are those on file: %s', (label, fields) => {
    expect(fieldsAt(label)).toEqual(fields)
  })

  it('are on file for each present version: else a new version, a line in `since`, and emitted/make.ts', () => {
    expect(presentLabels().filter((label) => !Object.hasOwn(onFile(), label))).toEqual([])
  })
})

describe('a chart that emits more with each version', () => {
  const number = z.number()
  const done = z.object({ type: z.literal('DONE'), at: number, fee: number, by: number })
  const left = z.object({ type: z.literal('LEFT'), at: number, fee: number })
  const go = z.object({ type: z.literal('GO') })
  const declaration = declare({ accepts: [go], emits: [done, left], sends: {}, commands: [] })
  const since: Since<typeof declaration> = { 2: ['DONE.fee', 'by'], 10: ['LEFT.fee'] }
  const types = {} as { context: object; events: { type: 'GO' } }

  const today = versionsSince('1', since, (version) => {
    const { action, emit } = acts(declaration, types, laterThan(since, version))
    return setup({
      types,
      actions: {
        go: action(({ enqueue }) => {
          enqueue(emit({ type: 'DONE', at: 1, fee: 2, by: 3 }))
          enqueue(emit({ type: 'LEFT', at: 1, fee: 2 }))
        }),
      },
    }).createMachine({ version, on: { GO: { actions: 'go' } } })
  })

  function emittedBy(machine: typeof today.machine): readonly EventObject[] {
    const emitted: EventObject[] = []
    const actor = createActor(machine)
    actor.on('*' as never, (event: EventObject) => emitted.push(event))
    actor.start().send({ type: 'GO' })
    return emitted
  }

  it('emits all of them today', () => {
    expect(emittedBy(today.machine)).toEqual([
      { type: 'DONE', at: 1, fee: 2, by: 3 },
      { type: 'LEFT', at: 1, fee: 2 },
    ])
  })

  it('emits in an earlier version what there was, of one type or of each', () => {
    expect(today.previous.map((machine) => [machine.version, ...emittedBy(machine)])).toEqual([
      ['1', { type: 'DONE', at: 1 }, { type: 'LEFT', at: 1 }],
      ['2', { type: 'DONE', at: 1, fee: 2, by: 3 }, { type: 'LEFT', at: 1 }],
    ])
  })

  it('leads from each version to the next', () => {
    expect(today.upgrades.map(({ from, to }) => [from, to])).toEqual([
      ['1', '2'],
      ['2', '10'],
    ])
  })
})
