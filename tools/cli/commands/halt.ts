import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const halt: DefineCommand = (program) =>
  acting(program, 'halt', 'let through no order but what protects a position')
    .argument('[account...]', 'such as account/sim (default: all accounts)')
    .action(async (accounts: string[], options: ActOptions) =>
      finish((await import('../command-trading.ts')).restrict('halted', accounts, options)),
    )
