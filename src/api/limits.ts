/** The limits of what clients may use of the server. A client beyond a limit is refused or closed, and all others go on. */
import { z } from 'zod'

/** Maximum ms of a timer of Node. A timer with more fires at once. */
const LIMIT_MAX = 2 ** 31 - 1

const limit = (byDefault: number, about: string) =>
  z.int().min(1).max(LIMIT_MAX).default(byDefault).describe(about)

const fields = z.strictObject({
  connectionsMax: limit(
    2_048,
    'Connections at once, including WebSockets. The server closes further ones as they come.',
  ),
  connectionsPerClient: limit(64, 'Connections at once of one address, or with one token.'),
  socketsPerClient: limit(32, 'WebSockets at once of one address, or with one token.'),
  requestsInBurst: limit(
    1_000,
    'Requests that one address, or one token, may make at once. Upgrades to a WebSocket count, too.',
  ),
  requestsPerSecond: limit(100, 'Requests a second beyond that burst.'),
  localConnections: limit(
    2_048,
    'The same as `connectionsPerClient` for this machine, where all clients have one address, also those behind a proxy.',
  ),
  localSockets: limit(2_048, 'The same as `socketsPerClient` for this machine.'),
  localRequestsInBurst: limit(50_000, 'The same as `requestsInBurst` for this machine.'),
  localRequestsPerSecond: limit(10_000, 'The same as `requestsPerSecond` for this machine.'),
  inspectorsMax: limit(32, 'WebSockets of the inspection at once. Each may get every transition.'),
  compressedMax: limit(
    256,
    'WebSockets at once whose frames are compressed, with `compressFrames`. Each takes a quarter of a MB. Further ones get their frames as they are.',
  ),
  headersMs: limit(
    5_000,
    'The time within which the headers of a request must arrive, those of a WebSocket included, in ms.',
  ),
  requestMs: limit(10_000, 'The time within which a whole request must arrive, including its body, in ms.'),
  keepAliveMs: limit(5_000, 'The time that a connection waits for its next request, in ms.'),
  requestsPerConnection: limit(
    16,
    'Requests of one connection that wait for their answers. A client may send on without reading.',
  ),
  readsAtOnce: limit(
    4,
    'Requests at once that read the log, and as many that search it. Commits share the thread and the disk with them.',
  ),
  readsWaitingMax: limit(256, 'Requests that wait for a place among these.'),
  answersAtOnce: limit(64, 'Answers under way at once, whether or not clients read them.'),
  stuckMs: limit(
    30_000,
    'The time within which a client must take some bytes of an answer, or of the queue of its WebSocket, in ms.',
  ),
  handshakeMs: limit(
    10_000,
    'The time within which a new client of the feed or of `/inspect/legacy` must send its first frame, in ms.',
  ),
  idleMs: limit(
    300_000,
    'The time that a client of the feed may stay without a subscription after that, in ms.',
  ),
  pingMs: limit(15_000, 'The interval of pings to a WebSocket, in ms.'),
  silentMs: limit(
    30_000,
    'The time within which a WebSocket must answer a ping when little was sent to it since its last answer, in ms.',
  ),
  busySilentMs: limit(
    300_000,
    'The same limit for a client that much was sent to, in ms, because its ping waits behind that.',
  ),
  bytesInBurst: limit(
    1_048_576,
    'Bytes that a WebSocket may send at once. 64 subscriptions of 64 topics are less.',
  ),
  bytesInPerSecond: limit(65_536, 'Bytes a second beyond that burst.'),
  framesInBurst: limit(512, 'Frames, pings and pongs that a WebSocket may send at once.'),
  framesInPerSecond: limit(64, 'Frames a second beyond that burst.'),
  stopMs: limit(1_000, 'The time that clients have to end when the server stops, in ms.'),
})

export const serverLimits = fields.refine(({ pingMs, silentMs }) => silentMs > pingMs, {
  path: ['silentMs'],
  error: 'must be more than pingMs, the interval at which a client is asked',
})

export type Limits = Readonly<z.output<typeof serverLimits>>

export const LIMITS: Limits = serverLimits.parse({})
