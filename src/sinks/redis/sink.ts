/** Events as entries of Redis Streams. */
import { addressOf, hiding, hidingWriter } from '../address.ts'
import { clientOf } from '../client.ts'
import { defineSink } from '../define-sink.ts'
import { redisConfig } from './config.ts'
import { connect } from './connection.ts'
import { positionKey } from './keys.ts'
import { RedisWriter } from './writer.ts'

export const redis = defineSink({
  name: 'redis',
  about: 'Entries of Redis Streams, for programs in other processes. It needs the package ioredis.',
  config: redisConfig,
  open: async (settings, at) => {
    const { Redis } = await clientOf('ioredis', '6', () => import('ioredis'))
    const address = addressOf(settings.url, process.env)
    const open = async () =>
      RedisWriter.open(await connect(Redis, address.url, positionKey(settings), at.signal), settings, at)
    return hidingWriter(address, await hiding(address, open()))
  },
})
