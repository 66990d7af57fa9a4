import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const logLevel: DefineCommand = (program) =>
  acting(program, 'log-level', "set the level of the runner's own log until it ends")
    .argument('<level>', 'debug, info, warn, error or silent')
    .option('--component <name>', 'only for the lines of this component, such as feed or sink-webhook')
    .action(async (level: string, options: ActOptions & { readonly component?: string }) =>
      finish((await import('../command-send.ts')).logLevel(level, options)),
    )
