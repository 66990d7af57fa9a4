import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { expectCourse } from './expected.ts'
import { playLive } from './play.ts'

describe('the converted cases of the SCXML suite pass in live XState', () => {
  it('and are all that are listed', () => {
    expect(CASES.length).toBe(169)
  })

  it.each(CASES)('$name', async (one) => {
    expectCourse(await playLive(one), one.script)
  })
})
