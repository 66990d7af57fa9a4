import type { Command } from 'commander'
import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

interface CancelOptions extends ActOptions {
  readonly all?: true
  readonly symbol?: string
}

export const cancel: DefineCommand = (program) =>
  acting(program, 'cancel', 'cancel orders and lists, or with --all what may open a position')
    .argument(
      '[address...]',
      'such as order/sim:mine-1 or list/sim:ema-1; with --all accounts (default: all)',
    )
    .option('--all', 'cancel the orders of accounts, except those that close a position')
    .option('--symbol <symbol>', 'with --all: the orders of this symbol alone')
    .action(async (addresses: string[], { all, ...options }: CancelOptions, command: Command) => {
      if (!all && addresses.length === 0) command.error('error: name orders or lists, or give --all')
      if (!all && options.symbol !== undefined) command.error('error: --symbol goes with --all')
      const { cancel, cancelAll } = await import('../command-closing.ts')
      await finish(all ? cancelAll(addresses, options) : cancel(addresses, options))
    })
