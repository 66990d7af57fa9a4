import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

export const actors: DefineCommand = (program) =>
  reading(program, 'actors', 'list the actors and their states')
    .argument('[prefix]', 'prefix of their addresses, such as order/', '')
    .action(async (prefix: string, options: ReadOptions) =>
      finish((await import('../command-actors.ts')).actors(prefix, options)),
    )
