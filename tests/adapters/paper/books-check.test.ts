/** The venue's books are looked through before LevelDB opens them: what is damaged is named, and stays as it is. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import type { VenueReport } from '../../../src/adapters/venue.ts'
import { SEED, seeded } from '../../seeded.ts'
import { Desk, OPTIONS } from './desk.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-books-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const whole = join(root, 'whole')
/** As they were some time before. */
const early = join(root, 'early')
let reports: readonly VenueReport[]

const reportsIn = async (location: string) => {
  const venue = await openPaperVenue({ ...OPTIONS, location })
  const reports = venue.reportsAfter(0)
  await venue.close()
  return reports
}

async function trade(from: number, to: number): Promise<void> {
  const desk = await Desk.open({ location: whole })
  desk.quote('99', '101')
  for (let i = from; i < to; i++) {
    desk.place(`o-${i}`)
    desk.quote('99', '101')
    await desk.venue.flush()
  }
  await desk.venue.close()
}

beforeAll(async () => {
  await trade(0, 40)
  await trade(40, 60)
  cpSync(whole, early, { recursive: true })
  await trade(60, 90)
  await trade(90, 120)
  reports = await reportsIn(whole)
  expect(reports.length).toBeGreaterThan(100)
})

let copies = 0
function copy(): string {
  const location = join(root, `copy-${++copies}`)
  cpSync(whole, location, { recursive: true })
  return location
}

const isOfDatabase = (name: string) => /\.(ldb|log)$|^MANIFEST|^CURRENT$/.test(name)
const filesIn = (location: string) => readdirSync(location).filter(isOfDatabase)
const contentOf = (location: string) =>
  Object.fromEntries(filesIn(location).map((name) => [name, readFileSync(join(location, name), 'latin1')]))

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path)
  bytes[offset] = (bytes[offset] as number) ^ 0x10
  writeFileSync(path, bytes)
}

const largest = (location: string, ending: string) =>
  filesIn(location)
    .filter((name) => name.endsWith(ending))
    .sort((a, b) => statSync(join(location, b)).size - statSync(join(location, a)).size)[0] as string

describe("the venue's books", () => {
  it.each<[string, (location: string) => void]>([
    ['have lost CURRENT', (at) => rmSync(join(at, 'CURRENT'))],
    [
      'have lost their MANIFEST',
      (at) => rmSync(join(at, filesIn(at).find((n) => n.startsWith('MANIFEST')) ?? '')),
    ],
    ['have lost a table', (at) => rmSync(join(at, largest(at, '.ldb')))],
    ['have lost their write-ahead log', (at) => rmSync(join(at, largest(at, '.log')))],
    ['have a damaged table', (at) => flip(join(at, largest(at, '.ldb')), 100)],
    [
      'have an older MANIFEST',
      (at) => {
        for (const name of filesIn(early))
          if (/^MANIFEST|^CURRENT$/.test(name)) cpSync(join(early, name), join(at, name))
      },
    ],
  ])('that %s are refused, and stay as they are', async (_, harm) => {
    const location = copy()
    harm(location)
    const before = contentOf(location)
    await expect(openPaperVenue({ ...OPTIONS, location })).rejects.toMatchObject({
      code: 'VENUE_CORRUPT',
      message: expect.stringContaining(location),
    })
    expect(contentOf(location)).toEqual(before)
  })

  it(`that have one bad byte anywhere are refused, or are as they were, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    let refused = 0
    for (let n = 0; n < 24; n++) {
      const location = copy()
      const files = filesIn(location).filter((name) => statSync(join(location, name)).size > 0)
      const name = files[Math.floor(random() * files.length)] as string
      const offset = Math.floor(random() * statSync(join(location, name)).size)
      flip(join(location, name), offset)
      const found = await reportsIn(location).catch((error: { code: string }) => error.code)
      if (typeof found === 'string') {
        refused++
        expect([name, offset, found]).toEqual([name, offset, 'VENUE_CORRUPT'])
      } else expect([name, offset, found]).toEqual([name, offset, reports])
    }
    expect(refused).toBeGreaterThan(0)
  })

  it('whose making was cut off are made anew', async () => {
    const location = join(root, 'unborn')
    mkdirSync(location)
    writeFileSync(join(location, 'MANIFEST-000001'), '')
    expect(await reportsIn(location)).toEqual([])
    expect(await reportsIn(location)).toEqual([])
  })

  it('of another life are refused, and empty ones belong to whoever comes', async () => {
    const location = copy()
    const open = async (id: string, isNew: boolean) => {
      const venue = await openPaperVenue({ ...OPTIONS, location, life: { id, isNew } })
      await venue.close()
    }
    await expect(open('a', true)).rejects.toMatchObject({ code: 'VENUE_FOREIGN' })
    await open('a', false)
    await open('a', false)
    await expect(open('b', false)).rejects.toMatchObject({ code: 'VENUE_FOREIGN' })
    rmSync(location, { recursive: true })
    await open('a', true)
    await open('b', true)
  })
})
