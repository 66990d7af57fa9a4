import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const flatten: DefineCommand = (program) =>
  acting(program, 'flatten', 'close all positions at market, cancel all orders, and let accounts only reduce')
    .argument('[account...]', 'such as account/sim (default: all accounts)')
    .action(async (accounts: string[], options: ActOptions) =>
      finish((await import('../command-closing.ts')).flatten(accounts, options)),
    )
