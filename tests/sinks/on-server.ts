/** The set-up of tests of a sink with a real server: the server for all of a file, and for each test a log and its sinks. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import type { Follower } from '../../src/sinks/follower.ts'
import type { Sink } from '../../src/sinks/sink.ts'
import { Harness } from '../runtime/harness.ts'
import { follow, type Place, teller } from './following.ts'

/** The time of all events, in epoch ms. */
export const AT = 1_723_161_255_343

interface RealServer {
  readonly url: string
  end(): Promise<void>
}

/** The parts of the test that runs. */
export interface OnServer<Server> {
  readonly server: Server
  readonly supervisor: Supervisor
  /** Starts a sink that writes to the server. It stops with the test. */
  start(settings?: object, place?: Place): Follower
  /** Lets the log have a record with these events. */
  tell(...events: object[]): Promise<void>
  /** Does this when the test ends, before what was to be done earlier. */
  atEnd(end: () => Promise<unknown>): void
}

/** Sets up the tests of the file. `empty` removes from the server what the test before has left. */
export function onServer<Server extends RealServer>(
  sink: Sink,
  startServer: () => Promise<Server>,
  empty: (server: Server) => Promise<unknown>,
): OnServer<Server> {
  const ends: (() => Promise<unknown>)[] = []
  let server: Server | undefined
  let supervisor: Supervisor | undefined
  const at: OnServer<Server> = {
    get server() {
      return server as Server
    },
    get supervisor() {
      return supervisor as Supervisor
    },
    start(settings = {}, place = {}) {
      const follower = follow(at.supervisor, sink, { url: at.server.url, ...settings }, place)
      ends.push(() => follower.stop(0))
      return follower
    },
    async tell(...events) {
      await at.supervisor.send('teller/a', { type: 'TELL', events })
    },
    atEnd: (end) => void ends.push(end),
  }
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server?.end())
  beforeEach(async () => {
    const harness = new Harness()
    harness.clock.advanceTo(AT)
    supervisor = await harness.open({ machines: { teller } })
    await supervisor.spawn('teller', 'a')
    await empty(at.server)
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
    await supervisor?.stop()
  })
  return at
}
