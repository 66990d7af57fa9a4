/** The sinks of the run, a component for each. The runner waits for none of them, and goes on without one that fails. */
import { randomUUID } from 'node:crypto'
import { knownOf } from '../../api/feed/known.ts'
import { SINKS } from '../../metrics/groups/sinks.ts'
import { named } from '../../runtime/logger.ts'
import { Follower, type Mark } from '../../sinks/follower.ts'
import { Recent } from '../../sinks/recent.ts'
import { sinkNamed } from '../../sinks/registry.ts'
import { type SinkConfig, sinkName, unmatchedIn, wantedBy } from '../../sinks/section.ts'
import type { Component, RestartPolicy } from '../component.ts'
import { wrongConfig } from '../config/problems.ts'
import { secretsOf } from '../log/secrets.ts'
import type { Run } from '../run.ts'
import { SUPERVISOR, sinkComponentName } from './names.ts'

/** A follower tries again by itself. What it gives up on needs a person, who may then restart it. */
const FOR_PEOPLE: RestartPolicy = { failuresMax: 0, minMs: 1_000, maxMs: 1_000, steadyMs: 1_000 }
/** The sinks stop at the same time, so this is also the limit for all of them. */
const TOGETHER = 'sinks'
/** Ms for which a stop waits for what a sink has not written yet. It goes on from there after the next start. */
const STOP_MS = 5_000

export function sinks(run: Run): readonly Component[] {
  const { sinks: configs } = run.plan.config
  const id = randomUUID()
  let recent: Recent | undefined
  if (configs.length > 0)
    run.metrics.add(SINKS, {
      get sinks() {
        return [...run.sinks.values()].map(({ figures }) => figures)
      },
    })
  const recentOf = () => {
    const supervisor = run.get('supervisor')
    recent ??= new Recent(supervisor.transitions$, supervisor.seq)
    return recent
  }
  let checked: Promise<void> | undefined
  const check = () => {
    checked ??= checkTopics(run)
    return checked
  }
  return configs.map((config) => sink(run, { id, config, recent: recentOf, check }))
}

/** Refuses topics and filters that nothing can match, as the feed does. @throws CONFIG_INVALID */
async function checkTopics(run: Run): Promise<void> {
  const issues = unmatchedIn(run.plan.config.sinks, await knownOf(run.get('supervisor')))
  if (issues.length > 0) throw wrongConfig(issues)
}

interface Parts {
  /** Id of the run. */
  readonly id: string
  readonly config: SinkConfig
  readonly recent: () => Recent
  readonly check: () => Promise<void>
}

function sink(run: Run, { id, config, recent, check }: Parts): Component {
  const { config: all, redactor } = run.plan
  const name = sinkName(config)
  const logger = named(run.plan.logger, sinkComponentName(name))
  let follower: Follower | undefined
  // A restart goes on with the same one: the store has the latest place of it a second later.
  let mark: Mark | undefined
  const start = async () => {
    await check()
    const log = run.get('supervisor')
    mark ??= log.bookmark(`sink:${name}`)
    follower = new Follower({
      name,
      log,
      recent: recent(),
      mark,
      logger,
      open: (signal) => {
        // An opening reads secrets anew.
        redactor.add(secretsOf(all))
        const { logId, epoch, seq } = log
        return sinkNamed(config.type).open(config as never, {
          name,
          logId,
          epoch,
          run: id,
          seq,
          logger,
          signal,
        })
      },
      wants: wantedBy(config),
      since: config.since,
    })
    run.sinks.set(name, follower)
  }
  return {
    name: sinkComponentName(name),
    needs: [SUPERVISOR],
    start,
    run: async () => follower?.run(),
    stop: () => follower?.stop(STOP_MS),
    stopsWith: TOGETHER,
    health: () => follower?.health,
    restart: FOR_PEOPLE,
  }
}
