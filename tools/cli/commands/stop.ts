import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const stop: DefineCommand = (program) =>
  acting(program, 'stop', 'stop actors for good, where the run does not need them')
    .argument('<address...>', 'such as counter/a')
    .action(async (addresses: string[], options: ActOptions) =>
      finish((await import('../command-operations.ts')).stop(addresses, options)),
    )
