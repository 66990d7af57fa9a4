/** Tests the pure parts of the view that says why: the steps of an explanation, and their layout. */
import { describe, expect, it } from 'vitest'
import type { Explained, Explanation, TransitionRecord } from '../../src/client/index.ts'
import { overlaps, type Rect } from '../../tools/inspector/chart/geometry.ts'
import { widthOf } from '../../tools/inspector/chart/measure.ts'
import { LANES_FROM, type Label, type Layout, layoutOf, namesOf } from '../../tools/inspector/why/layout.ts'
import {
  beginningOf,
  detailOf,
  movedTo,
  outcomeOf,
  outcomeText,
  type Step,
  shownOf,
  stepsOf,
} from '../../tools/inspector/why/steps.ts'
import { SEED, seeded } from '../seeded.ts'

function recordOf(seq: number, actor: string, change: Partial<TransitionRecord> = {}): TransitionRecord {
  return {
    seq,
    rev: seq,
    actor,
    at: 1_000 + seq,
    event: { type: 'GO', at: 1_000 },
    from: 'open',
    to: 'open',
    cause: seq === 1 ? null : seq - 1,
    correlation: 'c-1',
    machine: 'order@7',
    turn: seq,
    ...change,
  }
}

/** Returns the explanation of the last of the causes, which led to the effects. */
function explained(
  records: readonly TransitionRecord[],
  effects: readonly TransitionRecord[] = [],
): Explanation {
  const [record, ...before] = records.toReversed()
  if (record === undefined) throw new Error('an explanation has a record')
  return {
    record,
    causes: before.reverse().map((cause) => ({ record: cause, repeats: 0 })),
    isWhole: true,
    effects: effects.map((effect) => ({ record: effect, depth: 1 })),
    leftOut: 0,
    partly: [],
    read: 1,
  }
}

const fromOf = (steps: readonly Step[]) => steps.map(({ from }) => from)
const rolesOf = (steps: readonly Step[]) => steps.map(({ role, explained: { record } }) => [record.seq, role])
const intent = (id: string, port: string) => ({
  id,
  port,
  actor: 'order/a',
  event: { type: 'PLACE_ORDER', side: 'BUY' },
  at: 1,
  seq: 2,
  correlation: 'c-1',
})

describe('the steps', () => {
  it('have the sender: outside, another actor, the port that was asked, or the timer of the actor itself', () => {
    const steps = stepsOf(
      explained([
        recordOf(1, 'symbol/x', { origin: { source: 'binance', position: 7 } }),
        recordOf(2, 'order/a', { intents: [intent('i-1', 'news'), intent('i-2', 'binance')] }),
        recordOf(3, 'order/a', { completes: 'i-2' }),
        recordOf(4, 'order/a', { timer: 'again', intents: [intent('i-3', 'binance')] }),
        recordOf(5, 'order/a', { timer: 'again' }),
        recordOf(6, 'order/a', { turn: 5 }),
        recordOf(7, 'list/l'),
      ]),
    )
    expect(fromOf(steps)).toEqual([
      undefined,
      'symbol/x',
      'port/binance',
      'order/a',
      'order/a',
      'order/a',
      'order/a',
    ])
  })

  it('are in the order of the log, each with its place in the explanation', () => {
    const [tick, order] = [recordOf(1, 'symbol/x'), recordOf(3, 'order/a', { cause: 1 })]
    const effect = recordOf(4, 'list/l', { cause: 3 })
    const beside = recordOf(2, 'account/p', { cause: 1 })
    const is = explained([tick, order], [effect])
    expect(rolesOf(stepsOf(is))).toEqual([
      [1, 'cause'],
      [3, 'moment'],
      [4, 'effect'],
    ])
    const all = explained([tick], [order, beside, effect])
    const steps = stepsOf(is, all)
    expect(rolesOf(steps)).toEqual([
      [1, 'cause'],
      [2, 'beside'],
      [3, 'moment'],
      [4, 'effect'],
    ])
    expect(rolesOf(movedTo(steps, 1))).toEqual([
      [1, 'moment'],
      [2, 'beside'],
      [3, 'effect'],
      [4, 'effect'],
    ])
    expect(movedTo(steps, 9)).toBe(steps)
  })

  it('are cut around the moment, and what began it stays', () => {
    const records = Array.from({ length: 300 }, (_, i) => recordOf(i + 1, `order/o-${i}`))
    const steps = stepsOf(explained(records.slice(0, 200), records.slice(200)))
    const { first, steps: shown, before, after } = shownOf(steps, 100)
    expect(first?.explained.record.seq).toBe(1)
    expect(shown.map(({ explained }) => explained.record.seq)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 150),
    )
    expect([before, after]).toEqual([148, 51])
    expect(shownOf(steps, 300)).toEqual({ first: undefined, steps, before: 0, after: 0 })
  })
})

describe('the words', () => {
  it('say what began it, and who asked', () => {
    const command = { event: { type: 'HALT', by: 'ann' }, key: 'k-1', request: 'r-1' }
    expect(beginningOf(recordOf(1, 'symbol/x', { origin: { source: 'binance', position: 4_612 } }))).toEqual({
      name: 'tick',
      text: 'The market began it: binance, message 4,612',
    })
    expect(beginningOf(recordOf(1, 'account/p', { origin: { source: 'binance', position: 1 } }))).toEqual({
      name: 'message',
      text: 'It came from outside: binance, message 1',
    })
    expect(beginningOf(recordOf(1, 'account/p', command)).text).toBe('ann asked for it: request r-1, key k-1')
    expect(beginningOf(recordOf(1, 'account/p', { key: 'k-1' })).text).toBe('A command began it: key k-1')
    expect(beginningOf(recordOf(1, 'account/p')).name).toBe('beginning')
  })

  it('tell a refusal by guards from an event for which there is no transition', () => {
    const record = recordOf(2, 'order/a', { unhandled: true })
    const guard = { guard: 'isOpen', depth: 0, result: 'false', reads: [] } as const
    const refused = {
      source: 'order.open',
      event: 'GO',
      on: 'GO',
      targets: [],
      result: 'false',
      taken: false,
      guards: [guard],
    } as const
    const asked = (list: NonNullable<Explained['guards']>['asked']): Explained => ({
      record,
      guards: { event: 'GO', states: ['order', 'order.open'], asked: list },
    })
    expect(outcomeOf(asked([refused]))).toEqual({ text: 'refused by its guards', kind: 'refused' })
    expect(outcomeText(asked([refused]))).toBe('Refused: it stays in open')
    expect(outcomeOf(asked([]))).toEqual({ text: 'no transition for it', kind: 'refused' })
    expect(outcomeText(asked([]))).toBe('No transition for GO in open')
    expect(outcomeOf({ record: recordOf(2, 'order/a') })).toBeUndefined()
    // XState asks about the transitions without an event after each event, known or not.
    const always = { ...refused, on: '' } as const
    expect(outcomeOf(asked([always]))).toEqual({ text: 'no transition for it', kind: 'refused' })
    const idle = { ...refused, result: 'true', taken: true, guards: [] } as const
    expect(outcomeOf(asked([idle, always]))).toBeUndefined()
    expect(outcomeText(asked([idle, always]))).toBe('It stays in open')
    const moved = recordOf(2, 'order/a', { from: { e: 'open', r: 'idle' }, to: { e: 'done', r: 'idle' } })
    expect(outcomeOf({ record: moved })).toEqual({ text: 'done', kind: 'moved' })
    const failure = { type: 'outcry.failed', error: { message: 'no figure' }, event: { type: 'GO' } }
    expect(outcomeText({ record: recordOf(2, 'order/a', { event: failure }) })).toBe(
      'It failed on GO: no figure',
    )
  })

  it('give the few fields of an event that decide, and no times', () => {
    const fill = { execType: 'TRADE', ordStatus: 'FILLED', side: 'SELL', lastQty: '0.02', lastPx: '61830' }
    const report = { type: 'EXECUTION_REPORT', ...fill, orderQty: '0.05', eventAt: 5, venue: 'x' }
    expect(detailOf(report)).toBe('TRADE, FILLED, lastQty 0.02, lastPx 61830')
    expect(detailOf({ type: 'xstate.init', input: { id: 1 } })).toBe('')
  })

  it('tell actors apart whose names have the same end', () => {
    expect(namesOf(['order/p:ema-2-stop', 'list/p:ema-2', 'order/p:back-2-stop', 'port/p'])).toEqual([
      { kind: 'order', name: 'ema-2-stop' },
      { kind: 'list', name: '2' },
      { kind: 'order', name: 'back-2-stop' },
      { kind: 'port', name: 'p' },
    ])
  })
})

const random = seeded(SEED)
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
const LONG = 'a-name-that-goes-on-for-longer-than-anybody-would-want-to-read-it-anywhere'

/** Returns a chain between so many actors, with all that a row may have. */
function randomSteps(actors: number, count: number): Step[] {
  const addresses = Array.from({ length: actors }, (_, i) =>
    pick([`order/p:ema-${i}-stop`, `aKindWithALongName/${LONG}-${i}`, `list/p:世界-${i}`]),
  )
  const records = Array.from({ length: count }, (_, i) =>
    recordOf(i + 1, pick(addresses), {
      event: {
        type: pick(['GO', 'AN_EVENT_'.repeat(6), 'xstate.init']),
        text: pick(['', 'short', LONG.repeat(3)]),
        lastQty: '1',
      },
      to: pick(['open', 'closed', LONG.repeat(2)]),
      ...(random() < 0.3 && { intents: [intent(`i-${i}`, pick(['binance', LONG])), intent('j', 'news')] }),
      ...(random() < 0.2 && { unhandled: true as const }),
    }),
  )
  const half = Math.ceil(count / 2)
  return stepsOf(explained(records.slice(0, half), records.slice(half)))
}

/** Returns what lies where something else is, or outside of its box. */
function faultsOf({ lanes, laneWidth, rows, width }: Layout): string[] {
  const isFitting = ({ event, detail, width: own }: Label) =>
    widthOf(event, 'event') + (detail === '' ? 0 : 7 + widthOf(detail, 'action')) + 8 <= own + 0.01
  const faults = lanes.flatMap(({ address, kind, name, x }) => [
    ...(widthOf(kind, 'action') > laneWidth || widthOf(name, 'title') > laneWidth
      ? [`the name of ${address} leaves its lane`]
      : []),
    ...(x < 0 || x > width ? [`the line of ${address} leaves the picture`] : []),
  ])
  for (const { seq, height, label, outcome, asks, arrow } of rows) {
    const labels = [label, ...asks.map((ask) => ask.label)]
    const boxes: (Rect & { name: string })[] = [
      ...labels.map((one) => ({ ...one, height: 18, name: `label ${one.event}` })),
      ...(outcome === undefined ? [] : [{ ...outcome, height: 20, name: `outcome ${outcome.text}` }]),
    ]
    const whole = { x: 0, y: 0, width, height }
    for (const [i, box] of boxes.entries()) {
      const { x, y } = box
      const isWithin =
        x >= 0 && x + box.width <= whole.width + 1 && y >= 0 && y + box.height <= whole.height + 0.01
      if (!isWithin) faults.push(`${seq}: ${box.name} leaves the row`)
      for (const other of boxes.slice(i + 1))
        if (overlaps(box, other)) faults.push(`${seq}: ${box.name} on ${other.name}`)
      for (const { y: line } of [arrow, ...asks.map((ask) => ask.arrow)])
        if (line > y && line < y + box.height) faults.push(`${seq}: an arrow through ${box.name}`)
    }
    for (const one of labels) if (!isFitting(one)) faults.push(`${seq}: the text of ${one.event} is cut off`)
    if (outcome !== undefined && widthOf(outcome.text, 'title') + 16 > outcome.width + 0.01)
      faults.push(`${seq}: the text of its outcome is cut off`)
    for (const { from, to } of [arrow, ...asks.map((ask) => ask.arrow)])
      if (Math.min(from, to) < 0 || Math.max(from, to) > width) faults.push(`${seq}: an arrow leaves the row`)
  }
  return faults
}

describe(`the layout (seed ${SEED})`, () => {
  // The widths of the panel in windows of 1440 and 1024 px, and the least one.
  it.each([850, 718, LANES_FROM])(
    'has no text on another one, and none outside of its box, at %i px',
    (width) => {
      for (const actors of [1, 2, 5, 9, 30])
        for (let n = 0; n < 20; n++) {
          const steps = randomSteps(actors, 12)
          expect(faultsOf(layoutOf(steps, width))).toEqual([])
        }
    },
  )

  it('finds a text on another one', () => {
    const layout = layoutOf(randomSteps(3, 4), 718)
    const [row] = layout.rows
    if (row === undefined) throw new Error('there is a row')
    const broken = { ...row, asks: [{ label: row.label, arrow: row.arrow }] }
    expect(faultsOf({ ...layout, rows: [broken] })).not.toEqual([])
  })

  it('has a line for each actor and port, in the order in which they come in', () => {
    const steps = stepsOf(
      explained([
        recordOf(1, 'symbol/x'),
        recordOf(2, 'order/a', { intents: [intent('i', 'binance')] }),
        recordOf(3, 'order/a', { completes: 'i' }),
        recordOf(4, 'list/l'),
      ]),
    )
    const { lanes, rows } = layoutOf(steps, 850)
    expect(lanes.map(({ address }) => address)).toEqual(['symbol/x', 'order/a', 'port/binance', 'list/l'])
    const [, order, port] = lanes.map(({ x }) => x)
    expect(rows[1]?.asks[0]?.arrow).toMatchObject({ from: order, to: port })
    expect(rows[2]?.arrow).toMatchObject({ from: port, to: order, isOutside: false })
    expect(rows[0]?.arrow.isOutside).toBe(true)
  })

  it('places 30 actors and 500 records at once', () => {
    const steps = randomSteps(30, 500)
    expect(layoutOf(steps, 850).rows).toHaveLength(500)
  })
})
