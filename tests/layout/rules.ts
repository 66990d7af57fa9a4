/** The rules of which folder may import which. ARCHITECTURE.md gives the reasons. */
import type { IForbiddenRuleType } from 'dependency-cruiser'

/** The folders with an order, the lowest first: each uses itself and those before it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  '': ['errors', '(store|machines)', 'src', 'tools'],
  'store/leveldb/': ['folder', 'format', 'codec'],
  'src/runtime/': [
    'record',
    'events',
    'xstate',
    'actors',
    'turn',
    'state',
    'explain',
    'time',
    'commit',
    'subscriptions',
  ],
}

/** Files of the runtime with the interfaces that programs implement. Its folders may import them. */
const HANDED_IN = '^src/runtime/(logger|port|work)\\.ts$'

function upward(house: string, rooms: readonly string[]): IForbiddenRuleType[] {
  return rooms.slice(0, -1).map((room, i) => ({
    name: `${house}${room} uses what stands above it`,
    from: { path: `^${house}${room}/` },
    to: { path: `^${house}(${rooms.slice(i + 1).join('|')})/` },
  }))
}

export const RULES: readonly IForbiddenRuleType[] = [
  { name: 'a circle', from: {}, to: { circular: true } },
  ...Object.entries(ROOMS).flatMap(([house, rooms]) => upward(house, rooms)),
  {
    name: 'store and machines know each other',
    from: { path: '^(store|machines)/' },
    to: { path: '^(store|machines)/', pathNot: '^$1/' },
  },
  {
    name: 'a room of the runtime uses its composition',
    from: { path: '^src/runtime/[^/]+/' },
    to: { path: '^src/runtime/[^/]+\\.ts$', pathNot: HANDED_IN },
  },
  {
    name: 'the runtime knows what is built on it',
    from: { path: '^src/runtime/' },
    to: { path: '^(machines/|src/(?!runtime/))' },
  },
  {
    name: 'the runner knows an adapter by name',
    from: { path: '^src/runner/' },
    to: { path: '^src/adapters/[^/]+/', pathNot: '^src/adapters/transport/' },
  },
  {
    name: 'the runner knows a sink by name',
    from: { path: '^src/runner/' },
    to: { path: '^src/sinks/[^/]+/' },
  },
  {
    name: 'a sink knows another one, or the runner',
    from: { path: '^src/sinks/([^/]+)/' },
    to: { path: '^src/(sinks/[^/]+/|runner/)', pathNot: '^src/sinks/$1/' },
  },
  {
    name: 'an adapter knows another one',
    from: { path: '^src/adapters/([^/]+)/' },
    to: { path: '^src/adapters/[^/]+/', pathNot: '^src/adapters/($1|transport)/' },
  },
  {
    name: 'an adapter knows the runner',
    from: { path: '^src/adapters/' },
    to: { path: '^src/(runner|api)/' },
  },
  {
    name: 'xstate is imported outside its room',
    from: { path: '^src/', pathNot: '^src/runtime/xstate/' },
    to: { path: '(^|/)node_modules/xstate/' },
  },
  {
    name: 'prom-client is imported outside the metrics',
    from: { path: '^(src|tools)/', pathNot: '^src/metrics/' },
    to: { path: '(^|/)node_modules/prom-client/' },
  },
  {
    name: 'the metrics know what they measure',
    from: { path: '^src/metrics/' },
    to: { path: '^(machines/|src/(?!metrics/))' },
  },
  {
    name: 'the contract or the client knows machines',
    from: { path: '^src/(api/contract|client)/' },
    to: { path: '(^machines/|(^|/)node_modules/xstate/|^src/runtime/xstate/)' },
  },
]
