import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const logLevel: DefineCommand = (program) =>
  acting(program, 'log-level', "set the level of the runner's own log until it ends")
    .argument('<level>', 'debug, info, warn, error or silent')
    .action(async (level: string, options: ActOptions) =>
      finish((await import('../command-send.ts')).logLevel(level, options)),
    )
