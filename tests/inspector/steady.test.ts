/** Tests that a question is not asked again while its parts say the same. */
import { effect, signal } from '@preact/signals'
import { expect, it } from 'vitest'
import { steady } from '../../tools/inspector/log/steady.ts'

it('tells of a value only when it says something else', () => {
  const moment = signal<number | undefined>(17)
  const minute = steady(() =>
    moment.value === undefined ? undefined : { from: Math.floor(moment.value / 60) * 60 },
  )
  const told: unknown[] = []
  effect(() => {
    told.push(minute.value)
  })
  for (const at of [18, 59, 60, 61, undefined, 119]) moment.value = at
  expect(told).toEqual([{ from: 0 }, { from: 60 }, undefined, { from: 60 }])
})
