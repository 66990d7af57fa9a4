import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Compact, compact } from '../../errors/compact.ts'

describe('compact', () => {
  it('removes undefined members, keeps the order of the keys, and keeps empty values', () => {
    const members = { z: 1, gone: undefined, a: '', n: null, no: false, zero: 0, last: undefined }
    expect(Object.entries(compact(members))).toEqual([
      ['z', 1],
      ['a', ''],
      ['n', null],
      ['no', false],
      ['zero', 0],
    ])
    expect(members).toHaveProperty('gone')
  })

  it('returns the object itself when nothing is undefined', () => {
    const members = { a: 1 }
    expect(compact(members)).toBe(members)
  })

  it('says in its type that a member may be missing, and keeps a literal type', () => {
    type Found = Compact<{ readonly type: 'A'; text: string | undefined }>
    expectTypeOf<Found['type']>().toEqualTypeOf<'A'>()
    expectTypeOf<Pick<Found, 'text'>>().toEqualTypeOf<{ text?: string }>()
    const event: { type: 'A'; text?: string } = compact({ type: 'A', text: undefined as string | undefined })
    expect(event).toEqual({ type: 'A' })
  })
})
