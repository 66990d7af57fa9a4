/** The only list of tools. A tool is a file in tools/ and its name here. */
import type { Tool } from './tool.ts'
import { actor } from './tools/actor.ts'
import { actors } from './tools/actors.ts'
import { events } from './tools/events.ts'
import { replay } from './tools/replay.ts'
import { state } from './tools/state.ts'
import { why } from './tools/why.ts'

export const TOOLS: readonly Tool[] = [state, actors, actor, replay, why, events]
