import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { domainEvent } from '../../machines/index.ts'
import { emissions } from '../../tools/docs/emissions.ts'
import { eventPage } from '../../tools/docs/event-page.ts'

const declared = domainEvent.options.map(({ shape }) => shape.type.value).sort()

const found = emissions()

describe('the events of trading', () => {
  it('are all emitted by some machine, and no others are', () => {
    expect([...new Set(found.map(({ type }) => type))].sort()).toEqual(declared)
  })

  it('have a page that is up to date: else npm run docs:events', () => {
    expect(readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')).toBe(eventPage(found))
  })
})
