import type { z } from 'zod'
import type { Sink, SinkPlace, Writer } from './sink.ts'

/** Returns a sink for the registry. Its `open` gets what its own schema has checked. */
export function defineSink<Config extends z.ZodObject>(sink: {
  readonly name: string
  readonly about: string
  readonly config: Config
  open(config: z.infer<Config>, at: SinkPlace): Promise<Writer>
}): Sink {
  return sink
}
