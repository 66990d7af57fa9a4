import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const drop: DefineCommand = (program) =>
  acting(program, 'drop', 'drop dead letters, so that nobody sends them again')
    .argument('<seq...>', 'seq of a dead letter: outcry replay system/dead-letters lists them')
    .action(async (letters: string[], options: ActOptions) =>
      finish((await import('../command-operations.ts')).settle('dropLetter', letters, options)),
    )
