/** Tests what the search of the page makes of a text. */
import { expect, it } from 'vitest'
import { actorFilter } from '../../src/api/contract/actor-filter.ts'
import { understood, WORDS } from '../../tools/inspector/actors/words.ts'

it.each([
  ['', {}, ''],
  ['BTC stop', { name: 'BTC stop' }, 'with BTC and stop in the address'],
  [
    'kind:order state:open BTC',
    { kind: 'order', state: 'open', name: 'BTC' },
    'of kind order, in state open, with BTC in the address',
  ],
  ['is:quarantined', { condition: 'quarantined' }, 'quarantined'],
  ['quarantined ema', { condition: 'quarantined', name: 'ema' }, 'quarantined, with ema in the address'],
  ['condition:ended tag:closed', { condition: 'ended', tag: 'closed' }, 'ended, with tag closed'],
  [
    'symbol:BTC/USDT end:-stop prefix:order/',
    { symbol: 'BTC/USDT', end: '-stop', prefix: 'order/' },
    'of symbol BTC/USDT, ending with -stop, beginning with order/',
  ],
  // An address has colons, too.
  ['order/sim:ema-2', { name: 'order/sim:ema-2' }, 'with order/sim:ema-2 in the address'],
])('reads %j', (text, filter, said) => {
  expect(understood(text)).toEqual({ filter, text: said })
})

it.each([
  ['is:odd', 'is:odd: an actor is quarantined'],
  ['kind:', 'kind: wants a word behind it'],
])('says what is wrong with %j', (text, wrong) => {
  expect(understood(text)).toEqual({ filter: {}, text: '', wrong: expect.stringContaining(wrong) })
})

it('knows the words of the filter of the command line and the API', () => {
  const fields = Object.keys(actorFilter.shape).filter((name) => !['name', 'changedSince'].includes(name))
  const words = Object.keys(WORDS).map((word) => (word === 'is' ? 'condition' : word))
  expect(words.sort()).toEqual([...fields, 'prefix'].sort())
  for (const condition of actorFilter.shape.condition.unwrap().options)
    expect(understood(`is:${condition}`).filter).toEqual({ condition })
})
