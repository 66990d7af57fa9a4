/** Feeds news from its sources to the news actor. */
import { named } from '../../runtime/logger.ts'
import type { Component } from '../component.ts'
import { NewsFeed } from '../feeds/news-feed.ts'
import type { Run } from '../run.ts'
import { NEWS, RUNNER } from './names.ts'
import { fixedIn, restartPolicy } from './restart.ts'

export function news(run: Run): readonly Component[] {
  const { sources } = run.plan.config.news
  if (sources.length === 0) return []
  let feed: NewsFeed | undefined
  return [
    {
      name: NEWS,
      needs: [RUNNER],
      start: () => {
        const { newsTimes } = run
        const [supervisor, clock] = [run.get('supervisor'), run.get('clock')]
        feed = new NewsFeed(sources, { supervisor, clock, logger: named(run.plan.logger, NEWS), newsTimes })
      },
      run: async () => feed?.run(),
      stop: () => feed?.stop(),
      restart: restartPolicy(run),
      fixed: fixedIn(run),
    },
  ]
}
