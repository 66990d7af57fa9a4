/** The keys of a sink in Redis. All are in one slot of a Cluster, because a transaction has one. */
import type { SinkEvent } from '../event.ts'
import type { RedisConfig } from './config.ts'

/** Returns the key of the hash with the position and the claim. */
export function positionKey({ stream }: Pick<RedisConfig, 'stream'>): string {
  return `${tagged(stream)}:position`
}

/** Returns the key of the stream that an event goes to. */
export function streamKey(
  { stream, split }: Pick<RedisConfig, 'stream' | 'split'>,
  { topic }: SinkEvent,
): string {
  if (split === 'none') return stream
  const [, type, ...place] = topic
  return [tagged(stream), type, ...(split === 'topic' ? place : [])].join(':')
}

/** Returns a key whose hash tag is that of the stream. */
function tagged(stream: string): string {
  return /\{[^}]+\}/.test(stream) ? stream : `{${stream}}`
}
