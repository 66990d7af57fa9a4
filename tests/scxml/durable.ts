/**
 * Compares each case, played in one way in a supervisor, with the suite, with live XState, and with its log without
 * interruption.
 */
import { describe, expect, it } from 'vitest'
import { differenceOfLogs } from '../equal-logs.ts'
import { CASES, REFUSED } from './cases.ts'
import { expectCourse } from './expected.ts'
import { playDurable, playLive, type Way } from './play.ts'

/** In memory, without interruption. */
const STRAIGHT: Way = { how: 'none' }

export function describeWay(name: string, way: Way): void {
  describe(`the SCXML suite passes ${name}`, () => {
    it.each(CASES.filter((one) => one.name !== REFUSED))('$name', async (one) => {
      const { course, problems, records } = await playDurable(one, way)
      expectCourse(course, one.script)
      // A case without events waits for its timers. Here it waits from one to the next.
      if (one.script.events.length > 0) expect(course).toEqual(await playLive(one))
      expect(problems).toEqual([])
      const straight = await playDurable(one, STRAIGHT)
      expect(differenceOfLogs(straight.records, records)).toBeUndefined()
    })
  })
}
