import { MemoryLevel } from 'memory-level'
import { expect, it } from 'vitest'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import { VenueFolder } from '../../../src/adapters/paper/venue-folder.ts'
import { Desk, OPTIONS } from './desk.ts'

type Database = ConstructorParameters<typeof VenueFolder>[0]

it.each([
  ['no JSON', () => '{"position":2'],
  ['another report', (third: string) => third],
])('books of which one report is %s are corrupt', async (_, damaged) => {
  const db = new MemoryLevel<string, string>()
  await db.open()
  const folder = new VenueFolder(db as unknown as Database, 'memory')
  const desk = new Desk(await openPaperVenue(OPTIONS, folder))
  desk.quote('99', '101')
  for (const id of ['a', 'b', 'c']) desk.place(id)
  desk.quote('99', '101')
  desk.quote('99', '101')
  await desk.venue.flush()
  const found = await db.iterator({ gte: 'r!', lt: 'r!~' }).all()
  expect(await folder.verify()).toBe(found.length)
  expect(found.length).toBeGreaterThan(2)
  await db.put(found[1]?.[0] as string, damaged(found[2]?.[1] as string))
  await expect(folder.verify()).rejects.toMatchObject({
    code: 'VENUE_CORRUPT',
    message: expect.stringContaining('report 2 is not what was written'),
  })
})
