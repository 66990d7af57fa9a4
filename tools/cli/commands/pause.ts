import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const pause: DefineCommand = (program) =>
  acting(program, 'pause', 'let strategies look on; what they hold stays, with its stop')
    .argument('<strategy...>', 'such as emaCross/ema-BTCUSDT')
    .action(async (strategies: string[], options: ActOptions) =>
      finish((await import('../command-trading.ts')).pause(strategies, options)),
    )
