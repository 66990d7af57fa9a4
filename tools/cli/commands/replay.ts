import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

export const replay: DefineCommand = (program) =>
  reading(program, 'replay', "print an actor's history")
    .argument('<address>', 'such as order/BTCUSDT-7f3a')
    .action(async (address: string, options: ReadOptions) =>
      finish((await import('../command-replay.ts')).replay(address, options)),
    )
