/** An order that is taken over from its venue: what it asks for goes by what the venue calls it. */
import { describe, expect, it } from 'vitest'
import { type Adopt, machines } from '../../machines/index.ts'
import { live, report, TERMS } from './live-order.ts'

const ADOPT: Adopt = { type: 'ADOPT', at: 1, ...TERMS }

describe('an order of somebody else', () => {
  it('keeps what the venue calls it beside its id here', () => {
    const adopt: Adopt = { ...ADOPT, foreignId: 'web_1' }
    expect(machines.order.activate(adopt, 'paper:web_1_x')).toEqual({
      id: 'paper:web_1_x',
      foreignId: 'web_1',
      terms: TERMS,
    })
    expect(machines.order.activate(ADOPT, 'paper:o')).toEqual({ id: 'paper:o', terms: TERMS })
  })

  function adopted() {
    const order = live({}, { foreignId: 'web_1' })
    order.actor.send({ ...ADOPT, foreignId: 'web_1' })
    order.actor.send(report('ORDER_STATUS'))
    expect(order.actor.getSnapshot().value).toMatchObject({ execution: 'accepted' })
    return order
  }

  it('is asked for, replaced and canceled by that, under ids of requests of ours', () => {
    const { actor, requests } = adopted()
    actor.send({ type: 'VERIFY', at: 3 })
    actor.send({ type: 'REPLACE', at: 3, price: '101' })
    actor.send({ type: 'CANCEL', at: 3 })
    const of = { origClOrdId: 'o1', foreignId: 'web_1' }
    expect(requests).toEqual([
      { type: 'ORDER_STATUS_REQUEST', order: 'order/o1', clOrdId: 'o1', foreignId: 'web_1' },
      { type: 'REPLACE_ORDER', clOrdId: 'o1/2', ...of, orderQty: '10', price: '101' },
      { type: 'CANCEL_ORDER', clOrdId: 'o1/3', ...of },
    ])
  })

  it('goes by the request of ours that has replaced it, from then on', () => {
    const { actor, requests } = adopted()
    actor.send({ type: 'REPLACE', at: 3, price: '101' })
    actor.send({ type: 'REPLACE', at: 3, price: '102' })
    actor.send(report('REPLACED', { clOrdId: 'o1/2', price: '101' }))
    actor.send({ type: 'VERIFY', at: 4 })
    expect(requests.slice(1)).toEqual([
      { type: 'REPLACE_ORDER', clOrdId: 'o1/3', origClOrdId: 'o1/2', orderQty: '10', price: '102' },
      { type: 'ORDER_STATUS_REQUEST', order: 'order/o1', clOrdId: 'o1/2' },
    ])
  })
})

describe('an order of an earlier log that somebody else has called with a slash', () => {
  it('counts its own requests', () => {
    const { actor, requests } = live()
    actor.send(ADOPT)
    actor.send(report('ORDER_STATUS', { clOrdId: 'web/a' }))
    actor.send(report('REPLACED', { clOrdId: 'web/a', price: '101' }))
    actor.send({ type: 'CANCEL', at: 3 })
    expect(requests).toEqual([{ type: 'CANCEL_ORDER', clOrdId: 'o1/2', origClOrdId: 'web/a' }])
  })
})

describe('an order of ours that the log does not know any more', () => {
  it('asks under none of the ids that it has asked under before', () => {
    const { actor, requests } = live()
    actor.send(ADOPT)
    actor.send(report('ORDER_STATUS', { clOrdId: 'o1/4' }))
    actor.send({ type: 'CANCEL', at: 3 })
    expect(requests).toEqual([{ type: 'CANCEL_ORDER', clOrdId: 'o1/5', origClOrdId: 'o1/4' }])
  })
})
