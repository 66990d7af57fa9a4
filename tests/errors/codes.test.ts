import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { ERRORS, type ErrorCode, type ErrorFacts, factsOf } from '../../errors/codes.ts'
import type { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'

const root = new URL('../../', import.meta.url)
const source = ['errors', 'machines', 'store', 'src', 'tools']
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map((f) => `${folder}/${f}`),
  )
  .filter((file) => file.endsWith('.ts') && file !== 'errors/codes.ts')
  .map((file) => readFileSync(new URL(file, root), 'utf8'))
  .join('\n')

/** Patterns of code that gives a code to an error, a problem or a frame, and does not compare, list or declare it. */
const GIVEN = [
  /new OutcryError\(\s*'([A-Z_]+)'/g,
  /\bcode: '([A-Z_]+)'/g,
  /: ErrorCode = '([A-Z_]+)'/g,
  /#(?:report|reporting|refuse)\(\s*(?:[\w.#]+,\s*)?'([A-Z_]+)'/g,
]

describe('the table of error codes', () => {
  const given = new Set(GIVEN.flatMap((pattern) => [...source.matchAll(pattern)].map(([, code]) => code)))

  it('has no unused code', () => {
    expect(Object.keys(ERRORS).filter((code) => !given.has(code))).toEqual([])
  })

  it('has every code in use, even in frames, whose schema accepts any text', () => {
    expect([...given].filter((code) => !Object.hasOwn(ERRORS, code as string))).toEqual([])
  })

  it('has every code of an error, as the type check ensures', () => {
    expectTypeOf<ConstructorParameters<typeof OutcryError>[0]>().toEqualTypeOf<ErrorCode>()
    expectTypeOf<OutcryError['code']>().toEqualTypeOf<ErrorCode>()
    expectTypeOf<Parameters<typeof isOutcryError>[1]>().toEqualTypeOf<ErrorCode | undefined>()
    expectTypeOf<'BRAND_NEW'>().not.toExtend<ErrorCode>()
  })

  it('is in alphabetical order, with one sentence about each code', () => {
    expect(Object.keys(ERRORS)).toEqual(Object.keys(ERRORS).sort())
    const vague = Object.values<ErrorFacts>(ERRORS).filter(({ about }) => !/^[A-Z`].{15,}\.$/.test(about))
    expect(vague).toEqual([])
  })

  it('counts an unknown code as a fault of the server', () => {
    expect(factsOf('BRAND_NEW')).toEqual({ ...ERRORS.INTERNAL })
    expect(factsOf('toString')).toEqual({ ...ERRORS.INTERNAL })
  })
})
