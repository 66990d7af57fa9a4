import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const close: DefineCommand = (program) =>
  acting(program, 'close', 'close positions at market; their stops work until then')
    .argument('<position...>', 'such as position/sim:BTCUSDT')
    .action(async (positions: string[], options: ActOptions) =>
      finish((await import('../command-closing.ts')).close(positions, options)),
    )
