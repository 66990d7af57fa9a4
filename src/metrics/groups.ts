/** The list of all groups, from which docs/metrics.md is made. A new group is a file in groups/ and a line here. */
import type { Group } from './family.ts'
import { ACCOUNTS } from './groups/accounts.ts'
import { COMPONENTS } from './groups/components.ts'
import { DISK } from './groups/disk.ts'
import { LOG } from './groups/log.ts'
import { MARKET } from './groups/market.ts'
import { RUNTIME } from './groups/runtime.ts'
import { SERVER } from './groups/server.ts'
import { SINKS } from './groups/sinks.ts'
import { TRADING } from './groups/trading.ts'

/** Each has a source of its own type, which only its reader knows. */
export const GROUPS: readonly Pick<Group<never>, 'name' | 'about' | 'families'>[] = [
  RUNTIME,
  LOG,
  DISK,
  SERVER,
  COMPONENTS,
  SINKS,
  MARKET,
  TRADING,
  ACCOUNTS,
]
