import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bearerProtocols, tokenIn } from '../../src/api/contract/bearer.ts'
import { SEED } from '../seeded.ts'

/** The characters of a subprotocol: a token of HTTP. */
const HTTP_TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

it(`a token of any characters comes back from the subprotocols that carry it, seed ${SEED}`, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (token) => {
      const protocols = bearerProtocols(token)
      for (const one of protocols) expect(one).toMatch(HTTP_TOKEN)
      expect(tokenIn(protocols.join(', '))).toBe(token)
      expect(protocols[0]).toBe('outcry')
    }),
    { seed: SEED },
  )
})

it.each([
  ['none', undefined],
  ['others', 'chat, superchat'],
  ['what is no base64', 'outcry, outcry.bearer.%%%'],
])('subprotocols without a token give none: %s', (_, header) => {
  expect(tokenIn(header)).toBeUndefined()
})
