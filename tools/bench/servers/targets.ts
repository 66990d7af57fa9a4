/** The targets of sinks on this machine, each a real server or a folder, with the section of a sink that writes to it. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { INITDB, PostgresServer } from './postgres.ts'
import { REDIS, RedisServer } from './redis.ts'

/** A target that is there. */
export interface Target {
  /** The type of its sink. */
  readonly type: string
  /** The keys of its sink's section that say where it is. */
  readonly place: object
  end(): Promise<unknown>
}

/** Starts targets of sinks, by the type of the sink. Their data are in the folder `parent`. */
const STARTS: Readonly<Record<string, (parent: string) => Promise<Omit<Target, 'type'>>>> = {
  redis: async (parent) => {
    const server = await RedisServer.start(parent)
    return { place: { url: server.url }, end: () => server.end() }
  },
  postgres: async (parent) => {
    const server = await PostgresServer.start(parent)
    return { place: { url: server.url }, end: () => server.end() }
  },
  parquet: async (parent) => {
    const folder = mkdtempSync(join(parent, 'parquet-'))
    return { place: { folder }, end: async () => rmSync(folder, { recursive: true }) }
  },
  webhook: async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      place: { url: `http://127.0.0.1:${port}/` },
      end: async () => {
        server.closeAllConnections()
        server.close()
      },
    }
  },
}

/** The types of sinks that have a target here. */
export const TARGET_TYPES = Object.keys(STARTS)

/** The servers that somebody has to install, by the type of the sink. */
const PROGRAMS: Readonly<Record<string, string>> = { redis: REDIS, postgres: INITDB }

export async function startTarget(type: string, parent: string): Promise<Target> {
  const start = STARTS[type]
  if (start === undefined) throw new Error(`the sink ${type} has no target in servers/targets.ts`)
  return { type, ...(await start(parent)) }
}

/** Returns the program that a target lacks on this machine; undefined when it can be started. */
export function missingFor(type: string): string | undefined {
  const program = PROGRAMS[type]
  return program === undefined || existsSync(program) ? undefined : program
}
