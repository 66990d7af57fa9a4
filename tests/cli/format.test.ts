import { expect, it } from 'vitest'
import { payloadText } from '../../tools/cli/format.ts'

it('the fields of an event come before its nested values, which a terminal cuts first', () => {
  const letter = {
    type: 'DEAD_LETTER',
    at: 1,
    to: 'order/o-1',
    event: { type: 'X' },
    reason: 'ended',
    by: null,
  }
  expect(payloadText(letter)).toBe('to=order/o-1 reason=ended by=null event={"type":"X"}')
})
