/** A runner that trades on a simulated market in real time, as `npm start` runs it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { type Logger, silentLogger } from '../../src/runtime/logger.ts'
import { eventually } from '../runtime/harness.ts'

export interface Running {
  readonly url: string
  /** Its folder, with the log. */
  readonly data: string
  stop(): Promise<void>
}

/** Starts a runner in a new folder, and resolves when its account takes orders. `server` is that part of its configuration. */
export async function startTrading(
  server: { readonly token?: string } = {},
  logger: Logger = silentLogger,
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-trading-'))
  const data = join(folder, 'data')
  const flags = { data, market: { source: 'sim', seed: 6 }, server: { port: 0, ...server } }
  const runner = await startRunner(loadConfig({ flags }), logger)
  const url = runner.url as string
  const client = createClient({ url, ...server })
  // The account takes no orders in a symbol before it knows a price of it.
  const marked = { context: { marks: { BTCUSDT: expect.any(String) } } }
  await eventually(async () => expect(await client.actor('account/sim')).toMatchObject(marked))
  const stop = async () => {
    await runner.stop('the test has ended', 'test')
    rmSync(folder, { recursive: true, force: true })
  }
  return { url, data, stop }
}
