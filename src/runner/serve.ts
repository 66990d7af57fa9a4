/** Serves the supervisor of a program: the API, the feed, inspection and the page, for any machines. */
import { z } from 'zod'
import { having, optionsOf } from '../../errors/options.ts'
import { holderOf } from '../../store/leveldb/folder/store-lock.ts'
import type { Derivation } from '../api/feed/derivation.ts'
import { type Limits, serverLimits } from '../api/limits.ts'
import {
  type NamedToken,
  serverOrigins,
  serverPort,
  serverToken,
  serverTokens,
} from '../api/server-fields.ts'
import { consoleLogger, type Logger, unfailing } from '../runtime/logger.ts'
import type { Supervisor } from '../runtime/supervisor.ts'

export interface ServeOptions {
  /** Port to listen on. 0 takes any free one. Default: 7077. */
  readonly port?: number
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string
  /** Only clients with this token may use the server. It, or one of `tokens`, is required when other machines reach `host`. */
  readonly token?: string
  /**
   * Tokens with names, in place of `token` or beside it.
   * @example [{ name: 'ann', access: 'control', file: '/home/bot/ann.token' }, { name: 'screen', access: 'read', env: 'SCREEN_TOKEN' }]
   */
  readonly tokens?: readonly NamedToken[]
  /** Origins of other pages that may use the server, too. Default: none. */
  readonly origins?: readonly string[]
  /**
   * The folder that the program gave to `openLevelStore`. With it, the command line reads the log while the program
   * runs.
   */
  readonly data?: string
  /**
   * True compresses the frames of the feed and of the inspection (permessage-deflate) for clients that offer it.
   * Default: false. It saves bytes where frames are long, as with `batchMs`, and costs CPU for each client.
   */
  readonly compressFrames?: boolean
  /** Limits for clients that differ from the defaults. */
  readonly limits?: Partial<Limits>
  /** Events that the feed derives from records as they are published. Default: none. */
  readonly derivations?: readonly Derivation[]
  /** Default: the console. */
  readonly logger?: Logger
}

export interface Server {
  /** The server's URL. */
  readonly url: string
  /** Closes the server within a second or two, whatever its clients do. */
  close(): Promise<void>
}

const serveOptions = z.strictObject({
  port: serverPort.optional(),
  host: z.string().min(1).optional(),
  token: serverToken.optional(),
  tokens: serverTokens.optional(),
  origins: serverOrigins.optional(),
  data: z
    .string()
    .refine(
      (folder) => holderOf(folder) === process.pid,
      'must be the folder of the log that this program gave to openLevelStore',
    )
    .optional(),
  compressFrames: z.boolean().optional(),
  limits: serverLimits.optional(),
  derivations: z
    .array(
      z.custom<Derivation>(
        (value) => typeof Object(value).derive === 'function' && Array.isArray(Object(value).emits),
        'must have the schemas `emits` and the function `derive`',
      ),
    )
    .optional(),
  logger: having<Logger>('debug', 'info', 'warn', 'error').optional(),
})

const PORT = 7077
const HOST = '127.0.0.1'

/**
 * Serves a supervisor. Resolves when the server listens. `close` ends the server, and the supervisor goes on.
 *
 * @throws OPTION_UNKNOWN, OPTION_INVALID, PORT_IN_USE, LISTEN_FAILED
 * @throws TOKEN_INVALID when a token cannot be used
 * @throws TOKEN_NONE when other machines would reach the server without a token
 * @example
 * const api = await serve(supervisor, { port: 7077, data: 'data' })
 * console.log(api.url)
 * await api.close()
 */
export async function serve(supervisor: Supervisor, given: ServeOptions = {}): Promise<Server> {
  const {
    port = PORT,
    host = HOST,
    data,
    logger = consoleLogger,
    ...options
  } = optionsOf('serve', serveOptions, given)
  // A program that does not call this loads none of it.
  const [
    { startApi },
    { newCliToken },
    { folderEntries },
    { announce, withdraw },
    { DiskWatch },
    { Metrics },
    { DISK },
  ] = await Promise.all([
    import('../api/server.ts'),
    import('../api/tokens.ts'),
    import('./folder/folder-copy.ts'),
    import('./folder/announcement.ts'),
    import('./folder/disk-watch.ts'),
    import('../metrics/metrics.ts'),
    import('../metrics/groups/disk.ts'),
  ])
  const folder =
    data === undefined
      ? undefined
      : (reading: { signal?: AbortSignal }) => folderEntries(supervisor.entries(reading), [], data)
  const cliToken = data === undefined ? undefined : newCliToken(options)
  const metrics = new Metrics()
  const disk = data === undefined ? undefined : new DiskWatch(data)
  if (disk !== undefined) metrics.add(DISK, disk)
  const api = await startApi(
    supervisor,
    { port, host, folder, cliToken, metrics, ...options },
    unfailing(logger),
  )
  disk?.start()
  let closing: Promise<void> | undefined
  const end = async () => {
    disk?.stop()
    await api.close()
    if (data !== undefined) withdraw(data, api.url)
  }
  const close = () => {
    closing ??= end()
    return closing
  }
  try {
    if (data !== undefined) announce(data, { url: api.url, token: cliToken ?? options.token })
  } catch (error) {
    await close()
    throw error
  }
  return { url: api.url, close }
}
