import { type ActOptions, acting, type DefineCommand, finish } from '../define-command.ts'

export const send: DefineCommand = (program) =>
  acting(program, 'send', 'send an event to an actor')
    .argument('<address>', 'such as account/sim')
    .argument('<event>', 'JSON, or a type alone: docs/commands.md lists what each actor takes')
    .option('--key <key>', 'idempotency key: the event may be sent again with it, and counts once')
    .action(async (address: string, event: string, options: ActOptions & { readonly key?: string }) =>
      finish((await import('../command-send.ts')).send(address, event, options)),
    )
