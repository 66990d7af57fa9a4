import { describe, expect, it } from 'vitest'
import { CASES, REFUSED } from './cases.ts'
import { describeWay } from './durable.ts'
import { playDurable } from './play.ts'

describeWay('in memory', { how: 'none' })

describe('a case with a function in its context', () => {
  it('is refused, because a log cannot bring a function back', async () => {
    const one = CASES.find(({ name }) => name === REFUSED)
    if (one === undefined) throw new Error(`${REFUSED} is not listed`)
    await expect(playDurable(one, { how: 'none' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      cause: { code: 'NOT_JSON' },
    })
  })
})
