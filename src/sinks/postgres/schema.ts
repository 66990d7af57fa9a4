/** The tables of a sink in PostgreSQL. docs/sinks.md says what people do with them. */

/** Grows with each change of the tables. */
export const VERSION = 1

/** The columns of a row with its event, in the order of `rowsOf`. */
export const COLUMNS = {
  seq: 'bigint',
  index: 'integer',
  at: 'timestamptz',
  type: 'text',
  topic: 'text',
  event_id: 'text',
  actor: 'text',
  venue: 'text',
  symbol: 'text',
  instrument: 'text',
  strategy: 'text',
  severity: 'text',
  correlation: 'text',
  cause: 'bigint',
  source: 'text',
  asked_by: 'text',
  request: 'text',
  side: 'text',
  qty: 'numeric',
  px: 'numeric',
  event: 'jsonb',
} as const

const NEVER_NULL: readonly string[] = [
  ...['seq', 'index', 'at', 'type', 'topic', 'event_id', 'actor', 'correlation', 'source', 'event'],
]

/** The lock that those take who make the tables: ASCII of "outcry". */
const LOCK = 0x6f7574637279

/** Returns the statements that make the tables. They may be done again. `schema` is a name that needs no quotes. */
export function definition(schema: string): string {
  const columns = Object.entries(COLUMNS).map(
    ([name, type]) => `${name} ${type}${NEVER_NULL.includes(name) ? ' NOT NULL' : ''},`,
  )
  return `
BEGIN;
SELECT pg_advisory_xact_lock(${LOCK});
DO $$ BEGIN
  -- A role that may make no schema may use one that is there.
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '${schema}') THEN CREATE SCHEMA ${schema}; END IF;
END $$;
CREATE TABLE IF NOT EXISTS ${schema}.events (
  ${columns.join('\n  ')}
  PRIMARY KEY (seq, index)
);
CREATE INDEX IF NOT EXISTS events_at ON ${schema}.events (at);
CREATE INDEX IF NOT EXISTS events_type_at ON ${schema}.events (type, at);
CREATE INDEX IF NOT EXISTS events_actor_seq ON ${schema}.events (actor, seq);
CREATE INDEX IF NOT EXISTS events_symbol_at ON ${schema}.events (symbol, at) WHERE symbol IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_strategy_at ON ${schema}.events (strategy, at) WHERE strategy IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_correlation_seq ON ${schema}.events (correlation, seq);
CREATE TABLE IF NOT EXISTS ${schema}.position (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version integer NOT NULL,
  log text NOT NULL,
  sink text NOT NULL,
  epoch bigint NOT NULL,
  run text NOT NULL,
  writer text NOT NULL,
  seq bigint,
  moved_at timestamptz NOT NULL
);
COMMIT;`
}

/**
 * Returns the statement that adds events and moves the position: both, or none when another writer has claimed the tables.
 * Its values are the seq, the id of the writer and a list for each column.
 */
export function insertion(schema: string): string {
  const names = Object.keys(COLUMNS)
  // A time comes in epoch ms.
  const lists = Object.values(COLUMNS).map(
    (type, i) => `$${i + 3}::${type === 'timestamptz' ? 'float8' : type}[]`,
  )
  const values = names.map((name) => (name === 'at' ? 'to_timestamp(at / 1000)' : name))
  return `
WITH moved AS (
  UPDATE ${schema}.position SET seq = $1, moved_at = now() WHERE writer = $2 RETURNING 1
), added AS (
  INSERT INTO ${schema}.events (${names.join(', ')})
  SELECT ${values.join(', ')} FROM unnest(${lists.join(', ')}) AS new (${names.join(', ')})
  WHERE EXISTS (SELECT FROM moved)
)
SELECT count(*)::integer AS moved FROM moved`
}
