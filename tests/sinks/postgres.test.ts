/** Tests that a real PostgreSQL has each event once, whatever is in it, and that no table is taken for another one. */
import { describe, expect, it } from 'vitest'
import { postgres } from '../../src/sinks/postgres/sink.ts'
import { PostgresServer } from '../../tools/bench/servers/postgres.ts'
import { eventually } from '../runtime/harness.ts'
import { eventsOf } from './following.ts'
import { onServer } from './on-server.ts'
import { blocksOf } from './page.ts'

const FILLED = {
  ...{
    type: 'ORDER_FILLED',
    venue: 'sim',
    symbol: 'BTCUSDT',
    instrument: 'BTC/USDT',
    strategy: 'btc',
    side: 'BUY',
  },
  ...{ lastQty: '0.10000000000000000001', lastPx: '61837.64' },
}

describe('the sink postgres', () => {
  const at = onServer(
    postgres,
    () => PostgresServer.start(),
    (server) => server.ask('DROP SCHEMA IF EXISTS outcry CASCADE'),
  )
  const { start, tell } = at

  async function expectAll(schema = 'outcry'): Promise<void> {
    const expected = (await eventsOf(at.supervisor)).map(({ envelope }) => [envelope.eventId, envelope.event])
    await eventually(async () => {
      const rows = await at.server.ask<{ event_id: string; event: object }>(
        `SELECT event_id, event FROM ${schema}.events ORDER BY seq, index`,
      )
      expect(rows.map(({ event_id, event }) => [event_id, event])).toEqual(expected)
    })
  }

  it('adds a row for each event, exact to the last digit', async () => {
    await tell(FILLED)
    start()
    await tell({ type: 'TICK', px: '1.5', qty: 'many', at: 5 })
    await expectAll()
    const [row] = await at.server.ask('SELECT * FROM outcry.events')
    expect(row).toMatchObject({
      ...{ seq: '3', index: 0, at: new Date(1_723_161_255_343), type: 'ORDER_FILLED', actor: 'teller/a' },
      ...{
        topic: 'events.order_filled.sim.BTCUSDT',
        event_id: 'teller/a/2/0',
        venue: 'sim',
        symbol: 'BTCUSDT',
      },
      ...{
        instrument: 'BTC/USDT',
        strategy: 'btc',
        severity: null,
        cause: null,
        asked_by: null,
        side: 'BUY',
      },
      ...{ qty: '0.10000000000000000001', px: '61837.64' },
    })
    expect(await at.server.ask("SELECT px, qty FROM outcry.events WHERE type = 'TICK'")).toEqual([
      { px: '1.5', qty: null },
    ])
    expect(await at.server.ask('SELECT version, sink, seq FROM outcry.position')).toEqual([
      { version: 1, sink: 'test', seq: `${at.supervisor.seq}` },
    ])
  })

  it('takes events that a column or jsonb cannot have as they are', async () => {
    await tell({
      type: 'ODD',
      symbol: 's'.repeat(10_000),
      strategy: 'a\0b',
      text: 'a\0b \ud800 \\u0000',
      deep: [{ '\0': 1e308 }],
    })
    start()
    await eventually(async () => {
      const [row] = await at.server.ask(
        "SELECT symbol, strategy, event FROM outcry.events WHERE type = 'ODD'",
      )
      expect(row).toMatchObject({
        symbol: 's'.repeat(512),
        strategy: 'a\ufffdb',
        event: { symbol: 's'.repeat(10_000), text: 'a\ufffdb \ufffd \\u0000', deep: [{ '\ufffd': 1e308 }] },
      })
    })
  })

  it('goes on behind what the server has after a restart of either, and in an emptied schema from the start', async () => {
    const first = start()
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    await tell(FILLED)
    start()
    await at.server.kill()
    await tell(FILLED)
    await at.server.restart()
    await expectAll()
    await at.server.ask('DROP SCHEMA outcry CASCADE')
    await tell(FILLED)
    await expectAll()
  })

  it('needs only to insert once the tables are there', async () => {
    const first = start({ schema: 'mine' })
    await tell(FILLED)
    await expectAll('mine')
    await first.stop(0)
    await at.server.ask(`CREATE ROLE writer LOGIN;
      GRANT USAGE ON SCHEMA mine TO writer;
      GRANT INSERT ON mine.events TO writer;
      GRANT SELECT, UPDATE ON mine.position TO writer`)
    start({ schema: 'mine', url: at.server.urlOf(at.server.port, 'writer') })
    await tell(FILLED)
    await expectAll('mine')
  })

  it('makes its tables once when several begin at once', async () => {
    const all = [0, 1, 2].map((n) => start({ schema: `s${n % 2}` }, { name: `n${n}` }))
    await tell(FILLED)
    const outcomes = await Promise.race([all[0]?.run(), all[2]?.run()]).catch((error) => error)
    expect(outcomes).toMatchObject({ code: 'SINK_FOREIGN', message: /belongs to the sink n[02]/ })
    await expectAll('s0')
    await expectAll('s1')
  })

  it.each([
    ['of another log', { logId: 'other' }, /events of the log/],
    ['of another sink', { name: 'other' }, /belongs to the sink test/],
    ['that a copy of the log writes', { run: 'other' }, /written by another runner/],
    ['that a later start of the log has written', { epoch: 0 }, /written by another runner/],
  ] as const)('refuses a target %s', async (_, place, message) => {
    const first = start()
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    await expect(start({}, place).run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message })
  })

  it('refuses tables of another version, without a position, and with more than their position says', async () => {
    const first = start()
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    const changes = [
      ['UPDATE outcry.position SET seq = 1', /events behind its position/],
      ['UPDATE outcry.position SET version = 2', /tables of version 2/],
      ['DELETE FROM outcry.position', /no position/],
    ] as const
    for (const [change, message] of changes) {
      await at.server.ask(change)
      await expect(start().run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message })
    }
  })

  it('leaves the tables to a later start of its log, and says so', async () => {
    const earlier = start()
    await tell(FILLED)
    await expectAll()
    start({}, { epoch: at.supervisor.epoch + 1, run: 'later' })
    await eventually(async () =>
      expect(await at.server.ask('SELECT run FROM outcry.position')).toEqual([{ run: 'later' }]),
    )
    await tell(FILLED)
    await expect(earlier.run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message: /another runner/ })
    await expectAll()
  })

  it('answers the questions of its page, to the last digit', async () => {
    start()
    await tell({ ...FILLED, commission: '0.10', commissionAsset: 'USDT' })
    await tell({ ...FILLED, lastQty: '0.2', lastPx: '61838', commission: '0.20', commissionAsset: 'USDT' })
    await expectAll()
    const statements = blocksOf('sql')
      .flatMap((block) => block.split(';'))
      .filter((text) => text.trim() !== '')
    const answers: object[][] = []
    for (const statement of statements) answers.push(await at.server.ask(statement))
    expect(answers).toHaveLength(10)
    expect(answers[1]).toEqual([
      {
        symbol: 'BTCUSDT',
        side: 'BUY',
        qty: '0.30000000000000000001',
        avg_px: expect.stringMatching(/^61837\.8[78]/),
      },
    ])
    expect(answers[2]).toEqual([{ strategy: 'btc', asset: 'USDT', sum: '0.30' }])
    expect(answers[5]).toMatchObject([{ seq: `${at.supervisor.seq}`, sink: 'test' }])
  })

  it('says that a lock holds it up, and goes on when it is gone', async () => {
    const follower = start({ statementMs: 100 })
    await tell(FILLED)
    await expectAll()
    const { Client } = await import('pg')
    const other = new Client({ connectionString: at.server.url })
    await other.connect()
    await other.query('BEGIN; LOCK TABLE outcry.events IN EXCLUSIVE MODE')
    await tell(FILLED)
    await eventually(() => expect(follower.health).toMatch(/statement timeout/))
    await other.end()
    await expectAll()
    await eventually(() => expect(follower.health).toBeUndefined())
  })
})
