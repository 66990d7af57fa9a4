import { expect } from 'vitest'
import type { Script } from './cases.ts'
import type { Course } from './play.ts'

/** Compares a course with the suite: after each event the configuration has the first state of `nextConfiguration`. */
export function expectCourse(course: Course, { initialConfiguration, events }: Script): void {
  if (events.length === 0) {
    expect(course.at(-1)).toEqual(initialConfiguration)
    return
  }
  expect(course.length).toBe(events.length + 1)
  for (const [i, { nextConfiguration }] of events.entries())
    expect(course[i + 1], `after event ${i + 1}`).toEqual([...nextConfiguration].sort())
}
