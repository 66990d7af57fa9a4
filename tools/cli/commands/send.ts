import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry send order/sim:mine-1 CANCEL --reason "not today"
  outcry send account/sim '{ "type": "CANCEL_ALL", "symbol": "BTCUSDT" }' --key once`

export const send: DefineCommand = (program) =>
  acting(program, 'send', 'send an event to an actor')
    .argument('<address>', 'such as account/sim')
    .argument('<event>', 'JSON, or a type alone: docs/commands.md lists what each actor takes')
    .option('--key <key>', 'idempotency key: the event may be sent again with it, and counts once')
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, event: string, options: ActOptions & { readonly key?: string }) =>
      finish((await import('../command-send.ts')).send(address, event, options)),
    )
