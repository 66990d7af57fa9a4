import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const cancel: DefineCommand = (program) =>
  acting(program, 'cancel', 'cancel orders and lists')
    .argument('<address...>', 'such as order/sim:mine-1 or list/sim:ema-1')
    .action(async (addresses: string[], options: ActOptions) =>
      finish((await import('../command-send.ts')).cancel(addresses, options)),
    )
