/** What crosses the edge of the paper venue: inside there are wire ids alone, outside our own alone. */
import { describe, expect, it } from 'vitest'
import { withWireIds } from '../../../src/adapters/paper/edge.ts'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import { WireIds } from '../../../src/adapters/wire-ids.ts'
import { Desk, OPTIONS } from './desk.ts'

const LIMIT = { ordType: 'LIMIT', price: '90', orderQty: '3' } as const

async function open() {
  const inside = await openPaperVenue(OPTIONS)
  const desk = new Desk(withWireIds(inside, new WireIds('binance', '7f3a')))
  desk.quote('99', '101')
  return { inside, desk }
}

describe('a venue that is told wire ids', () => {
  it('says nothing of them, whatever it is asked for and refuses', async () => {
    const { inside, desk } = await open()
    for (const id of ['binance:a', 'by-hand', 'x(1)']) {
      desk.place(id, LIMIT)
      desk.replace(`${id}/2`, id, { orderQty: '2', price: '91' })
      desk.replace(`${id}/3`, 'binance:nobody', { orderQty: '2' })
      desk.cancel(`${id}/4`, 'binance:nobody')
      desk.cancel(`${id}/5`, `${id}/2`)
      desk.cancel(`${id}/6`, `${id}/2`)
      desk.place(`${id}-2`, { ...LIMIT, price: '0' })
      desk.place(`${id}-3`, { ...LIMIT, symbol: 'NONE' })
      desk.place(`${id}-4`, { ...LIMIT, reduceOnly: true })
      desk.place(`${id}-5`, LIMIT)
    }
    const said = await desk.reports()
    expect(said.flatMap(({ report }) => ('text' in report ? [report.text] : [])).length).toBeGreaterThan(12)
    expect(new Set(said.map(({ report }) => report.type))).toEqual(
      new Set(['EXECUTION_REPORT', 'ORDER_CANCEL_REJECT']),
    )
    const outside = [
      said,
      desk.venue.openOrders(),
      desk.venue.status('by-hand'),
      desk.venue.movementsSince(0),
    ]
    expect(JSON.stringify(outside)).not.toContain('7f3a')
    expect(desk.venue.openOrders().map(({ clOrdId }) => clOrdId)).toEqual([
      'binance:a-5',
      'by-hand-5',
      'x(1)-5',
    ])
    for (const { clOrdId } of inside.openOrders()) expect(clOrdId).toMatch(/^7f3a-1-[A-Za-z0-9_-]{1,26}$/)
  })

  it('says whose an order is that somebody else has placed, and takes requests for it by its own id', async () => {
    const { inside, desk } = await open()
    new Desk(inside).place('web_1', LIMIT)
    await inside.flush()
    const [order] = desk.venue.openOrders()
    const id = order?.clOrdId as string
    expect(order).toMatchObject({ foreignId: 'web_1', actor: `order/${id}` })
    expect(id).toMatch(/^binance:web_1_[a-z2-7]{10}$/)
    expect(desk.venue.status(id)).toBeUndefined()
    expect(desk.venue.status(id, 'web_1')).toEqual(order)
    const [report] = await desk.reports()
    expect(report).toMatchObject({ actor: `order/${id}`, foreignId: 'web_1', report: { clOrdId: id } })

    const header = { actor: `order/${id}`, at: desk.at, ref: { seq: 1, correlation: 'c', intent: 'i' } }
    const of = { origClOrdId: id, foreignId: 'web_1' }
    desk.venue.replace({ type: 'REPLACE_ORDER', clOrdId: `${id}/2`, ...of, orderQty: '2', ...header })
    desk.arrive()
    await inside.flush()
    expect(desk.venue.openOrders()).toMatchObject([
      { clOrdId: `${id}/2`, origClOrdIds: [id], foreignId: 'web_1', actor: `order/${id}`, orderQty: '2' },
    ])
    desk.venue.cancel({ type: 'CANCEL_ORDER', clOrdId: `${id}/3`, origClOrdId: `${id}/2`, ...header })
    desk.arrive()
    expect(await desk.said()).toEqual([`${id}/2 REPLACED`, `${id}/2 CANCELED`])
    expect(inside.openOrders()).toEqual([])
  })
})
