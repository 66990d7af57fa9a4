import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const acknowledge: DefineCommand = (program) =>
  acting(program, 'acknowledge', 'acknowledge the review that accounts require before anything is entered')
    .argument('[account...]', 'such as account/sim (default: all that require one)')
    .action(async (accounts: string[], options: ActOptions) =>
      finish((await import('../command-trading.ts')).acknowledge(accounts, options)),
    )
