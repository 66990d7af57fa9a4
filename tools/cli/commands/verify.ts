import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

export const verify: DefineCommand = (program) =>
  reading(
    program,
    'verify',
    'replay the whole log and compare every state, snapshot and the live state',
  ).action(async (options: ReadOptions) => finish((await import('../command-verify.ts')).verify(options)))
