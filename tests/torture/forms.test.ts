import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { existing } from '../data/data.ts'
import { FORMS } from './forms.ts'

describe.each(Object.entries(FORMS))('the full form %s', (_, { files, amounts }) => {
  it('sets each variable that its tests read, to more work than its default', () => {
    const text = files.map((file) => readFileSync(existing(file), 'utf8')).join('\n')
    const inShort = new Map(
      [...text.matchAll(/howMany\('(\w+)', ([\d_]+)\)/g)].map(([, name, n]) => [
        name as string,
        Number(n?.replaceAll('_', '')),
      ]),
    )
    expect([...inShort.keys()].sort()).toEqual(Object.keys(amounts).sort())
    for (const [name, inFull] of Object.entries(amounts)) {
      const short = inShort.get(name) as number
      // The shorter the steps, the greater the amount.
      const isMore = name.endsWith('_STEP') ? inFull < short : inFull > short
      expect([name, isMore]).toEqual([name, true])
    }
  })
})
