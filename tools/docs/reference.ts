import { writeFileSync } from 'node:fs'
import { commandPage } from './command-page.ts'
import { configurationPage } from './configuration-page.ts'
import { grafanaDashboard } from './dashboard.ts'
import { defaultConfiguration } from './default-configuration.ts'
import { errorPage } from './error-page.ts'
import { feedPage } from './feed-page.ts'
import { httpPage } from './http-page.ts'
import { metricsPage } from './metrics-page.ts'
import { venueRulesPage } from './venue-rules.ts'

const write = (page: string, text: string) =>
  writeFileSync(new URL(`../../docs/${page}`, import.meta.url), text)
write('configuration.md', configurationPage())
write('commands.md', commandPage())
write('defaults.yaml', defaultConfiguration())
write('errors.md', errorPage())
write('http.md', httpPage())
write('metrics.md', metricsPage())
write('feed.md', feedPage())
write('../deploy/grafana-dashboard.json', grafanaDashboard())
write('venue-rules.md', venueRulesPage())
