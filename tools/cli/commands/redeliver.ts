import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const redeliver: DefineCommand = (program) =>
  acting(program, 'redeliver', 'send dead letters to their actors again')
    .argument('<seq...>', 'seq of a dead letter: outcry replay system/dead-letters lists them')
    .action(async (letters: string[], options: ActOptions) =>
      finish((await import('../command-operations.ts')).settle('redeliver', letters, options)),
    )
