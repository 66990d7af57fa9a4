import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const reconcile: DefineCommand = (program) =>
  acting(program, 'reconcile', 'compare the books of venues with ours now')
    .argument('[address...]', 'such as reconciliation/sim (default: all venues)')
    .action(async (addresses: string[], options: ActOptions) =>
      finish((await import('../command-send.ts')).reconcile(addresses, options)),
    )
