import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const reduce: DefineCommand = (program) =>
  acting(program, 'reduce', 'let through only orders that make a position smaller')
    .argument('[account...]', 'such as account/sim (default: all accounts)')
    .action(async (accounts: string[], options: ActOptions) =>
      finish((await import('../command-trading.ts')).restrict('reducing', accounts, options)),
    )
