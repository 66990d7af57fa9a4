/** An order as a live XState actor among peers that hear everything and say nothing. */
import { type AnyEventObject, createActor, createMachine, SimulatedClock } from 'xstate'
import {
  type CancelOrder,
  type ExecutionReport,
  type OrderContext,
  type OrderInput,
  type OrderStatusRequest,
  orderMachine,
  ordStatusOf,
  type PlaceOrder,
  type ReplaceOrder,
  type Submit,
} from '../../machines/index.ts'

export type VenueRequest = PlaceOrder | CancelOrder | ReplaceOrder | OrderStatusRequest

export const TERMS = {
  venue: 'paper',
  symbol: 'BTCUSDT',
  side: 'BUY',
  ordType: 'LIMIT',
  orderQty: '10',
  price: '100',
  timeInForce: 'GTC',
  account: 'account/paper',
} as const
export const SUBMIT: Submit = { type: 'SUBMIT', at: 1, ...TERMS }

export function live(
  terms: Partial<Submit> = {},
  of: Pick<OrderInput, 'foreignId' | 'cause'> = {},
  machine = orderMachine,
) {
  const heard: { to: string; type: string }[] = []
  const told: AnyEventObject[] = []
  /** What the venue was asked for. */
  const requests: VenueRequest[] = []
  const root = createMachine({})
  const clock = new SimulatedClock()
  const actor = createActor(machine, {
    input: { id: 'o1', ...of, terms: { ...TERMS, ...terms } },
    clock,
  })
  const { system } = actor
  const peer = (to: string) => {
    const quiet = createActor(root)
    Object.assign(quiet, {
      _send: (event: VenueRequest) => {
        told.push(event)
        heard.push({ to, type: event.type })
        if (to.startsWith('port/')) requests.push(event)
      },
    })
    return quiet
  }
  const peers = new Map<string, unknown>()
  Object.assign(system, {
    get: (to: string) => {
      if (!peers.has(to)) peers.set(to, peer(to))
      return peers.get(to)
    },
  })
  const emitted: string[] = []
  actor.on('*', (event) => emitted.push(event.type))
  actor.start()
  const context = () => actor.getSnapshot().context as OrderContext
  const ordStatus = () => ordStatusOf(context())
  return { actor, clock, heard, told, requests, emitted, context, ordStatus }
}

let execs = 0
export function report(
  execType: ExecutionReport['execType'],
  rest: Partial<ExecutionReport> = {},
): ExecutionReport {
  return {
    type: 'EXECUTION_REPORT',
    at: 2,
    execType,
    ordStatus: 'NEW',
    clOrdId: 'o1',
    venueOrderId: 'v1',
    execId: `e${++execs}`,
    symbol: 'BTCUSDT',
    side: 'BUY',
    orderQty: '10',
    cumQty: '0',
    leavesQty: '10',
    avgPx: '0',
    ...rest,
  }
}
