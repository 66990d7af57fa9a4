/** What a program offers of its own supervisor: the API, the feed, inspection and the page, for any machines. */
import { checkOptions } from '../../errors/options.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { Limits } from '../api/limits.ts'
import { consoleLogger, type Logger } from '../runtime/logger.ts'
import type { Supervisor } from '../runtime/supervisor.ts'

export interface ServeOptions {
  /** Port that it listens on; 0 takes any free one. Default: 7077. */
  readonly port?: number
  /** Address that it listens on. Default: 127.0.0.1. */
  readonly host?: string
  /** Whoever has it may speak to the server, and nobody else. It is wanted where `host` is reached by other machines. */
  readonly token?: string
  /** Origins of pages elsewhere that may speak to it, too. Default: none. */
  readonly origins?: readonly string[]
  /** The folder that the program gave to `openLevelStore`: the command line then reads it while the program runs. */
  readonly data?: string
  /** What clients may take, where it differs from the defaults. */
  readonly limits?: Partial<Limits>
  /** Default: the console. */
  readonly logger?: Logger
}

export interface Server {
  /** Where it listens. */
  readonly url: string
  /** Ends it within a second or two, whatever its clients do. */
  close(): Promise<void>
}

const OPTIONS = {
  port: true,
  host: true,
  token: true,
  origins: true,
  data: true,
  limits: true,
  logger: true,
} as const

const PORT = 7077
const HOST = '127.0.0.1'

/**
 * Resolves when the server listens. `close` ends it; the supervisor goes on.
 *
 * @throws OPTION_UNKNOWN, PORT_IN_USE, LISTEN_FAILED, TOKEN_NONE when other machines would reach it without a token
 * @example
 * const api = await serve(supervisor, { port: 7077, data: 'data' })
 * console.log(api.url)
 * await api.close()
 */
export async function serve(supervisor: Supervisor, given: ServeOptions = {}): Promise<Server> {
  checkOptions<ServeOptions>('serve', given, OPTIONS)
  const { port = PORT, host = HOST, data, logger = consoleLogger, ...options } = given
  // A program that serves nothing loads none of this.
  const [{ startApi }, { isLoopback }, { folderEntries }, { announce, withdraw }] = await Promise.all([
    import('../api/server.ts'),
    import('../api/guard.ts'),
    import('./folder/folder-copy.ts'),
    import('./folder/announcement.ts'),
  ])
  if (!isLoopback(host) && options.token === undefined)
    throw new OutcryError(
      'TOKEN_NONE',
      `other machines reach ${host}, and whoever reaches the server can send to every actor`,
      'Give serve a token: openssl rand -hex 32 makes one.',
    )
  const folder =
    data === undefined
      ? undefined
      : (reading: { signal?: AbortSignal }) => folderEntries(supervisor.entries(reading), undefined, data)
  const api = await startApi(supervisor, { port, host, folder, ...options }, logger)
  const close = async () => {
    await api.close()
    if (data !== undefined) withdraw(data)
  }
  try {
    if (data !== undefined) announce(data, { url: api.url, token: options.token })
  } catch (error) {
    await close()
    throw error
  }
  return { url: api.url, close }
}
