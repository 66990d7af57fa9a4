import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const restart: DefineCommand = (program) =>
  acting(
    program,
    'restart',
    'let actors start over, without their state, or components of the runner start again',
  )
    .argument('<address...>', 'such as emaCross/ema-BTCUSDT or component/news')
    .action(async (addresses: string[], options: ActOptions) =>
      finish((await import('../command-operations.ts')).restart(addresses, options)),
    )
