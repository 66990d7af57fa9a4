/** The list of all groups, from which docs/metrics.md is made. A new group is a file in groups/ and a line here. */
import type { Group } from './family.ts'
import { COMPONENTS } from './groups/components.ts'
import { LOG } from './groups/log.ts'
import { RUNTIME } from './groups/runtime.ts'
import { SERVER } from './groups/server.ts'

/** Each has a source of its own type, which only its reader knows. */
export const GROUPS: readonly Pick<Group<never>, 'name' | 'about' | 'families'>[] = [
  RUNTIME,
  LOG,
  SERVER,
  COMPONENTS,
]
