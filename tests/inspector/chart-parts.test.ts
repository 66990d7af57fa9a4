/** Tests what a chart says and shows, apart from where it is. */
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import { machineDefinition } from '../../src/api/inspect/machine-definition.ts'
import { labelBlock } from '../../tools/inspector/chart/blocks.ts'
import { shownOf } from '../../tools/inspector/chart/coverage.ts'
import { type Graph, graphOf, isAmong, type StateNode } from '../../tools/inspector/chart/graph.ts'
import { countIn, degreeOf, litOf, looseWays, possibleEvents } from '../../tools/inspector/chart/lit.ts'
import { cut, widthOf, wrapped } from '../../tools/inspector/chart/measure.ts'
import { countText, eventText, stemOf } from '../../tools/inspector/chart/names.ts'
import { isCut, towards, whole, zoomed } from '../../tools/inspector/chart/view.ts'

const order = graphOf(
  machineDefinition(
    setup({ guards: { leads: (_, _to: { to: string }) => true, isOpen: () => true } }).createMachine({
      id: 'order',
      type: 'parallel',
      on: { LOOK: { actions: 'note' as never } },
      states: {
        work: {
          initial: 'new',
          states: {
            new: {
              on: {
                REPORT: [
                  { guard: { type: 'leads', params: { to: 'done' } }, target: 'done' },
                  { guard: { type: 'leads', params: { to: 'lost' } }, target: 'lost' },
                  { guard: 'isOpen', actions: 'note' as never },
                ],
              },
              after: { 5000: { target: 'new', reenter: true } },
            },
            done: {},
            lost: { initial: 'near', states: { near: {}, far: {} } },
          },
        },
        ask: { initial: 'idle', states: { idle: { on: { ASK: 'busy' } }, busy: {} } },
      },
    }),
  ),
)
const REPORT = {
  source: 'order.work.new',
  targets: ['order.work.done'],
  eventType: 'REPORT',
  guard: 'leads to done',
}
const REPORT_KEY = 'order.work.new REPORT order.work.done [leads to done]'
const ids = (states: Iterable<StateNode>) => [...states].map(({ id }) => id)
const labels = ({ groups }: Graph) =>
  groups.map(({ event, source, branches }) => [source.id, event, branches.map(({ target }) => target.id)])

describe('the parts of a chart', () => {
  it('are one label for a state, an event and its actions, which leads to several states', () => {
    expect(labels(order)).toEqual([
      ['order.work.new', 'REPORT', ['order.work.done', 'order.work.lost']],
      ['order.ask.idle', 'ASK', ['order.ask.busy']],
    ])
  })

  it('have what stays in a state as a line there', () => {
    const rows = [...order.states.values()].flatMap(({ id, rows }) =>
      rows.map(({ event, reenters }) => [id, event, reenters]),
    )
    expect(rows).toEqual([
      ['order', 'LOOK', false],
      ['order.work.new', 'REPORT', false],
      ['order.work.new', 'after 5 s', true],
    ])
  })

  it('leave out what no actor took, and name the states in which none was', () => {
    const { keys, unentered } = shownOf(order, { all: [{ ...REPORT, count: 3 }] })
    expect([...keys]).toEqual([REPORT_KEY])
    expect(ids(unentered)).toEqual(['order.work.lost', 'order.ask.busy'])
    expect(looseWays(order, keys).map(({ branch }) => branch.target.id)).toEqual([
      'order.work.lost',
      'order.ask.busy',
    ])
  })

  it('have a state that an actor was in before it was looked at', () => {
    const { unentered } = shownOf(order, { all: [{ ...REPORT, count: 3 }], entered: ['order.work.lost.far'] })
    expect(ids(unentered)).toEqual(['order.work.lost.near', 'order.ask.busy'])
  })

  it('are all there while nothing is known', () => {
    const { keys, unentered } = shownOf(order, { all: [{ ...REPORT, count: 0 }] })
    expect([keys.size, unentered.size]).toEqual([6, 0])
  })
})

describe('what is lit', () => {
  const value = { work: { lost: 'far' }, ask: 'idle' }
  const lit = litOf(order, value, [REPORT], {
    all: [{ ...REPORT, count: 3 }],
    own: [{ ...REPORT, count: 4 }],
  })

  it('are the active states, in all regions and depths', () => {
    expect(ids(lit.active)).toEqual([
      'order',
      'order.work',
      'order.work.lost',
      'order.work.lost.far',
      'order.ask',
      'order.ask.idle',
    ])
  })

  it('is what was just taken, before what the actor or others took', () => {
    expect(degreeOf([REPORT_KEY], lit)).toBe('now')
    expect(degreeOf([REPORT_KEY], { ...lit, now: new Set() })).toBe('own')
    expect(degreeOf([REPORT_KEY], { ...lit, now: new Set(), own: new Map() })).toBe('others')
    expect(degreeOf(['order.ask.idle ASK order.ask.busy'], lit)).toBe('never')
  })

  it('counts with the actor, which may have gone on since the count', () => {
    expect([...lit.all.values()]).toEqual([4])
  })

  it('is told in words, with the events that each state takes', () => {
    const told = possibleEvents(order, lit.active).map(({ state, isActive, events }) => [
      state.id,
      isActive,
      events,
    ])
    expect(told).toContainEqual([
      'order.work.new',
      false,
      ['REPORT to done or lost', 'LOOK', 'REPORT', 'after 5 s'],
    ])
    expect(told).toContainEqual(['order.ask.idle', true, ['ASK to busy', 'LOOK']])
  })
})

describe('ways with one source, event and target', () => {
  const press = { source: 'lamp', targets: ['lamp.on'], eventType: 'PRESS' }
  const lamp = graphOf(
    machineDefinition(
      setup({ guards: { isWeak: () => true, isOld: () => true } }).createMachine({
        id: 'lamp',
        initial: 'off',
        on: {
          LOOK: [{ guard: 'isOld', actions: 'warn' as never }, { actions: 'note' as never }],
          PRESS: [
            { guard: 'isWeak', target: '.on' },
            { guard: 'isOld', target: '.on' },
          ],
        },
        states: { off: {}, on: {} },
      }),
    ),
  )
  const look = { source: 'lamp', targets: [], eventType: 'LOOK' }
  const all = [
    { ...look, guard: 'isOld', count: 2 },
    { ...look, count: 40 },
    { ...press, guard: 'isWeak', count: 3 },
    { ...press, guard: 'isOld', count: 5 },
  ]

  it('have a count each where each has a line, and their sum where one line stands for both', () => {
    const lit = litOf(lamp, 'off', [], { all })
    expect(lamp.root.rows.map(({ actions, keys }) => [actions, countIn(keys, lit.all)])).toEqual([
      [['warn'], 2],
      [['note'], 40],
    ])
    const branches = lamp.groups.flatMap((group) => group.branches)
    expect(branches.map(({ guards, keys }) => [guards, countIn(keys, lit.all)])).toEqual([
      [['isWeak', 'isOld'], 8],
    ])
  })

  it('say that they come from any state where no line leads to them', () => {
    const said = (graph: Graph) => graph.groups.map((group) => labelBlock(group, 0).texts[0]?.text)
    expect(said(lamp)).toEqual(['from any state'])
    expect(said(order)).toEqual(['REPORT', 'ASK'])
  })

  it('are lit and shown each by itself', () => {
    const [warned, noted] = lamp.root.rows
    const lit = litOf(lamp, 'off', [{ ...look, guard: 'isOld' }], { all: [] })
    expect([warned, noted].map((row) => degreeOf(row?.keys ?? [], lit))).toEqual(['now', 'others'])
    const { keys } = shownOf(lamp, { all: all.slice(1, 2) })
    expect(lamp.root.rows.filter((row) => isAmong(row.keys, keys))).toEqual([noted])
  })
})

describe('a text', () => {
  it.each([
    ['', 'always'],
    ['SUBMIT', 'SUBMIT'],
    ['xstate.after.5000.order.work', 'after 5 s'],
    ['xstate.after.250.order.work', 'after 250 ms'],
    ['xstate.after.120000.order.work', 'after 2 m'],
    ['xstate.after.patience.order.work', 'after patience'],
    ['xstate.done.actor.loader', 'done loader'],
    ['xstate.error.actor.0.order.work', 'error order.work'],
  ])('of the event %s is %s', (type, text) => {
    expect(eventText(type)).toBe(text)
  })

  it.each([
    ['leads to filled, from accepted', 'filled', 'leads'],
    ['leaves request idle', 'idle', 'leaves'],
    ['isExiting', 'exiting', 'is…'],
    ['connected', 'connected', '…'],
    ['isOver', 'flat', undefined],
  ])('of the guard %s before %s is %s', (guard, target, stem) => {
    expect(stemOf(guard, target)).toBe(stem)
  })

  it('of a count has at most four characters', () => {
    expect([0, 9_999, 12_345, 999_999, 3_400_000].map(countText)).toEqual(['0', '9999', '12k', '999k', '3M'])
  })

  it('is cut or wrapped within its width', () => {
    const text = 'reportCreated, reportAdopted, tellWatchers, end'
    const lines = wrapped(text, 'action', 120, 2)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/…$/)
    for (const line of [...lines, cut(text, 'key', 60)]) expect(widthOf(line, 'key')).toBeLessThan(160)
    expect(widthOf(cut(text, 'key', 60), 'key')).toBeLessThanOrEqual(60)
    expect(wrapped('end', 'action', 120, 2)).toEqual(['end'])
  })
})

describe('a view', () => {
  const picture = { width: 1_000, height: 500 }
  const room = { width: 400, height: 300 }

  it('of the whole has all of it in the middle', () => {
    const view = whole(picture, room)
    expect(isCut(picture, view, room)).toBe(false)
    expect(view.x).toBeCloseTo((room.width - picture.width * view.k) / 2)
  })

  it('that is zoomed keeps the point under the pointer', () => {
    const was = { x: 20, y: 30, k: 1 }
    const is = zoomed(was, 1.5, { x: 100, y: 80 })
    expect([(100 - is.x) / is.k, (80 - is.y) / is.k]).toEqual([80, 50])
  })

  it('that follows can be read, shows the box, and stays while it does', () => {
    const view = towards({ x: 800, y: 400, width: 100, height: 40 }, picture, room, undefined)
    expect(view.k).toBeGreaterThanOrEqual(0.8)
    expect(isCut(picture, view, room)).toBe(true)
    expect(view.x + 900 * view.k).toBeLessThanOrEqual(room.width)
    expect(towards({ x: 780, y: 400, width: 60, height: 40 }, picture, room, view)).toBe(view)
    expect(towards({ x: 10, y: 10, width: 60, height: 40 }, picture, room, view)).not.toBe(view)
  })
})
