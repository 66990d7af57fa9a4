/** Tests an actor's address in a path: in one segment, as the contract has it, or as people write it. */
import { describe, expect, it } from 'vitest'
import { withOneSegment } from '../../src/api/type-provider.ts'

describe('the path of an actor', () => {
  it.each([
    ['GET', '/actors/order/o-1', '/actors/order%2Fo-1'],
    ['GET', '/actors/order/o-1?rev=1', '/actors/order%2Fo-1?rev=1'],
    ['GET', '/actors/order%2Fo-1/history?limit=1', '/actors/order%2Fo-1/history?limit=1'],
    ['HEAD', '/actors/order/o-1/w/machine', '/actors/order%2Fo-1%2Fw/machine'],
    ['POST', '/actors/order/o-1/events', '/actors/order%2Fo-1/events'],
    ['POST', '/actors/order/a%20b/release', '/actors/order%2Fa%20b/release'],
    // The route of one method is an id for another method.
    ['GET', '/actors/order/events', '/actors/order%2Fevents'],
    ['POST', '/actors/order/history', '/actors/order%2Fhistory'],
    // The route refuses a missing address.
    ['GET', '/actors/history', '/actors/history'],
    ['GET', '/actors//history', '/actors//history'],
    ['GET', '/actors/', '/actors/'],
    ['GET', '/actors', '/actors'],
    ['GET', '/actors?kind=a/b', '/actors?kind=a/b'],
    ['GET', '/events?actor=/actors/a/b', '/events?actor=/actors/a/b'],
    // Any method but its own is refused on the path of a route.
    ['PUT', '/actors/order/o-1/events', '/actors/order%2Fo-1/events'],
  ])('%s %s is %s', (method, url, path) => {
    expect(withOneSegment(method, url)).toBe(path)
  })
})
