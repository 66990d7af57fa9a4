import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

/** `outcry count [prefix]`: prints the number of actors in a log. */
export const count: DefineCommand = (program) =>
  reading(program, 'count', 'count the actors')
    .argument('[prefix]', 'of their addresses, such as order/', '')
    .action(async (prefix: string, options: ReadOptions) => finish(countActors(prefix, options)))

async function countActors(prefix: string, options: ReadOptions): Promise<number> {
  const [{ named }, { openReader }, { print, printJson }] = await Promise.all([
    import('../named.ts'),
    import('../reader.ts'),
    import('../output.ts'),
  ])
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  try {
    let actors = 0
    for await (const _ of reader.actors({ prefix })) actors++
    if (options.json) await printJson({ actors })
    else await print(String(actors))
    return 0
  } finally {
    await reader.close()
  }
}
