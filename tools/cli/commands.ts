/** The only list of commands, in the order of the help. A command is a file in commands/ and its name here. */
import { acknowledge } from './commands/acknowledge.ts'
import { actors } from './commands/actors.ts'
import { backup } from './commands/backup.ts'
import { cancel } from './commands/cancel.ts'
import { close } from './commands/close.ts'
import { completion } from './commands/completion.ts'
import { diff } from './commands/diff.ts'
import { doctor } from './commands/doctor.ts'
import { drop } from './commands/drop.ts'
import { events } from './commands/events.ts'
import { exportCommand } from './commands/export.ts'
import { flatten } from './commands/flatten.ts'
import { halt } from './commands/halt.ts'
import { health } from './commands/health.ts'
import { importCommand } from './commands/import.ts'
import { inspect } from './commands/inspect.ts'
import { logLevel } from './commands/log-level.ts'
import { mcp } from './commands/mcp.ts'
import { pause } from './commands/pause.ts'
import { reconcile } from './commands/reconcile.ts'
import { record } from './commands/record.ts'
import { redeliver } from './commands/redeliver.ts'
import { reduce } from './commands/reduce.ts'
import { release } from './commands/release.ts'
import { replay } from './commands/replay.ts'
import { restart } from './commands/restart.ts'
import { restore } from './commands/restore.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { send } from './commands/send.ts'
import { state } from './commands/state.ts'
import { stop } from './commands/stop.ts'
import { verify } from './commands/verify.ts'
import { why } from './commands/why.ts'
import type { DefineCommand } from './define-command.ts'

export const COMMANDS: readonly DefineCommand[] = [
  run,
  actors,
  state,
  replay,
  diff,
  inspect,
  why,
  events,
  exportCommand,
  importCommand,
  record,
  health,
  mcp,
  halt,
  reduce,
  resume,
  pause,
  flatten,
  close,
  cancel,
  acknowledge,
  reconcile,
  send,
  release,
  restart,
  stop,
  redeliver,
  drop,
  logLevel,
  verify,
  backup,
  restore,
  doctor,
  completion,
]
