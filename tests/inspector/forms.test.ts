/** Tests the forms that the page makes of the events that people may send. */
import { describe, expect, it } from 'vitest'
import { riskLimits } from '../../machines/account/limits.ts'
import { machines } from '../../machines/index.ts'
import { openApiOf } from '../../src/api/contract/openapi.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import {
  type Command,
  commandsOf,
  controlOf,
  eventOf,
  type Field,
  removerOf,
} from '../../tools/inspector/actions/schema.ts'

const kinds = [...new Registry(machines).kinds]
const description = JSON.parse(JSON.stringify(openApiOf('1', kinds)))
const COMMANDS = kinds.flatMap(({ name }) =>
  commandsOf(description, name).map((command): [string, Command] => [`${name} ${command.type}`, command]),
)
const fieldsOf = (command: string) => new Map(COMMANDS).get(command)?.fields ?? []

const allOf = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...allOf(field.fields ?? []), ...allOf(field.items ? [field.items] : [])])

/** Returns the texts of a form in which a person has written the value. */
function written(fields: readonly Field[], value: object, around = ''): [string, string][] {
  return fields.flatMap(({ name, fields: inner = [], items }): [string, string][] => {
    const control = controlOf(around, name)
    const is: unknown = value[name as keyof typeof value]
    if (is === null) return [[removerOf(control), 'null']]
    if (items !== undefined)
      return ((is ?? []) as object[]).flatMap((item, i) =>
        items.fields === undefined
          ? [[controlOf(control, i), String(item)]]
          : written(items.fields, item, controlOf(control, i)),
      )
    if (inner.length > 0) return written(inner, (is ?? {}) as object, control)
    return [[control, is === undefined ? '' : String(is)]]
  })
}

const formed = (fields: readonly Field[], value: object) => eventOf(fields, new Map(written(fields, value)))

describe('the form of an event', () => {
  // A ledger comes from a file, by `outcry import`, and its payload is any JSON.
  it.each(COMMANDS.filter(([name]) => name !== 'ledger IMPORT_ENTRIES'))(
    '%s asks for no JSON',
    (_, { fields }) => {
      expect(allOf(fields).filter(({ sort }) => sort === 'json')).toEqual([])
    },
  )

  it('has the limits of an account, each with its rule', () => {
    const [limits] = fieldsOf('account UPDATE_LIMITS').filter(({ name }) => name === 'limits')
    expect(limits?.fields?.map(({ name }) => name)).toEqual(Object.keys(riskLimits.shape))
    expect(limits?.fields).toContainEqual(
      expect.objectContaining({
        name: 'breakTo',
        sort: 'choice',
        choices: ['reducing', 'halted'],
        isNullable: true,
      }),
    )
    const removable = limits?.fields?.filter(({ isNullable }) => isNullable).map(({ name }) => name)
    expect(removable).toEqual(
      Object.keys(riskLimits.shape).filter((name) => !/^(orderNotional|openOrders)Max$/.test(name)),
    )
    expect(limits?.fields?.every(({ about, isRequired }) => about !== '' && !isRequired)).toBe(true)
  })

  it.each([
    ['emaCross', ['fast', 'slow', 'trailingStopPct', 'orderQty']],
    ['meanReversion', expect.arrayContaining(['length', 'orderQty'])],
  ])('has the parameters of %s', (kind, names) => {
    const [parameters] = fieldsOf(`${kind} UPDATE_PARAMETERS`).filter(({ name }) => name === 'parameters')
    expect(parameters?.fields?.map(({ name }) => name)).toEqual(names)
  })

  const leg = { timeInForce: 'GTC', orderQty: '2' }
  it.each<[string, object]>([
    [
      'account UPDATE_LIMITS',
      {
        by: 'ann',
        limits: {
          orderNotionalMax: '300',
          openOrdersMax: 2,
          cooldownMs: null,
          stoplossGuard: { stops: 3, withinMs: 1_000, blockMs: 2_000 },
          breakTo: 'halted',
        },
      },
    ],
    ['account UPDATE_LIMITS', { by: 'ann', limits: { stoplossGuard: null } }],
    ['account UPDATE_LIMITS', { by: 'ann', limits: {} }],
    ['meanReversion UPDATE_PARAMETERS', { by: 'ann', parameters: { short: true, regime: { adxEnter: 5 } } }],
    ['emaCross UPDATE_PARAMETERS', { by: 'ann', parameters: { slow: 3, trailingStopPct: null } }],
    [
      'list LIST_REQUEST',
      {
        venue: 'sim',
        symbol: 'X',
        contingencyType: 'OCO',
        orders: [
          { legId: 'stop', side: 'SELL', ordType: 'STOP', stopPx: '90', reduceOnly: true, ...leg },
          { legId: 'target', side: 'SELL', ordType: 'LIMIT', price: '110', reduceOnly: false, ...leg },
        ],
        refPx: '100',
      },
    ],
    ['universe INSTRUMENTS_LISTED', { instruments: [{ symbol: 'X', listedAt: 5 }, { symbol: 'Y' }] }],
  ])('of %s makes the event that was written', (name, event) => {
    expect(formed(fieldsOf(name), event)).toEqual(event)
    const [kind = '', type = ''] = name.split(' ')
    const accepts = kinds.find((one) => one.name === kind)?.events
    expect(accepts?.safeParse({ type, at: 1, ...event }).error).toBeUndefined()
  })

  it('keeps the order of a list from which items were removed', () => {
    const texts = written(fieldsOf('universe INSTRUMENTS_LISTED'), {
      instruments: Array.from({ length: 12 }, (_, i) => ({ symbol: `S${i}` })),
    }).filter(([control]) => !control.startsWith('instruments.3.'))
    const { instruments } = eventOf(fieldsOf('universe INSTRUMENTS_LISTED'), new Map(texts.reverse()))
    expect(instruments).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => ({ symbol: `S${i}` })))
  })

  it('of a schema that contains itself ends, in JSON', () => {
    const node = { type: 'object', properties: { type: { const: 'GROW' }, node: { $ref: '#/x/Node' } } }
    const schemas = { Node: node, TreeCommand: { anyOf: [{ $ref: '#/x/Node' }] } }
    const [{ fields } = { fields: [] }] = commandsOf({ components: { schemas } }, 'tree')
    expect(allOf(fields).filter(({ sort }) => sort === 'json')).toHaveLength(1)
  })
})
