import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const resume: DefineCommand = (program) =>
  acting(program, 'resume', 'let accounts and strategies trade again')
    .argument('[address...]', 'such as account/sim or emaCross/ema-BTCUSDT (default: all accounts)')
    .action(async (addresses: string[], options: ActOptions) =>
      finish((await import('../command-trading.ts')).resume(addresses, options)),
    )
