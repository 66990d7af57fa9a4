/** The components that write lines of the process's log, for levels of their own. */
import type { Issue } from '../../../store/index.ts'
import { sinkName } from '../../sinks/section.ts'
import * as names from '../components/names.ts'
import type { RunnerConfig } from '../config/schema.ts'
import type { VenueSettings } from '../config/venues.ts'
import { PROCESS } from './runner-log.ts'

/** The parts of the server with lines of their own. */
const OF_SERVER = ['feed', 'inspection']

/** Returns the names of the components of a run that write lines. */
export function logComponents(
  { sinks }: Pick<RunnerConfig, 'sinks'>,
  venues: readonly Pick<VenueSettings, 'name'>[],
): readonly string[] {
  return [
    PROCESS,
    ...Object.values(names).filter((name) => typeof name === 'string'),
    ...OF_SERVER,
    ...venues.map(({ name }) => names.venueComponentName(name)),
    ...sinks.map((sink) => names.sinkComponentName(sinkName(sink))),
  ]
}

/** Returns the problems of levels for components that the run lacks. */
export function logIssues(config: RunnerConfig, venues: readonly VenueSettings[]): readonly Issue[] {
  const known = logComponents(config, venues)
  return Object.keys(config.log.levels)
    .filter((name) => !known.includes(name))
    .map((name) => ({ field: `log.levels.${name}`, rule: `is none of ${known.join(', ')}` }))
}
