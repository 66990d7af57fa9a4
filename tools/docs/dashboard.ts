/** The dashboard for Grafana: rows of panels with their questions, from which deploy/grafana-dashboard.json is made. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type Dashboard,
  FieldColorModeId,
  type GraphFieldConfig,
  LegendDisplayMode,
  type Panel,
  type RowPanel,
  SortOrder,
  ThresholdsMode,
  TooltipDisplayMode,
  type VizLegendOptions,
  type VizTooltipOptions,
} from '@grafana/schema'

/** A question: an expression of PromQL, and the name of each of its lines. */
type Query = readonly [expr: string, legend: string]

interface Chart {
  readonly title: string
  /** Meaning, where the title does not say it. */
  readonly about?: string
  /** Unit as Grafana calls it. */
  readonly unit?: string
  readonly queries: readonly Query[]
}

/** One figure, which is red from a value on. */
interface Figure extends Chart {
  readonly redFrom?: number
  readonly redBelow?: number
}

/** Width of the grid of Grafana. */
const COLUMNS = 24
const FIGURE = { w: 4, h: 4 }
const CHART = { w: 8, h: 7 }
const PROMETHEUS = { type: 'prometheus', uid: '$datasource' }

/** Marks the series of the chosen runners in an expression, as in `outcry_turns_total{OF}`. */
const OF = /\bOF\b/g
const CHOSEN = 'job="$job",instance=~"$instance"'
const RATE = '$__rate_interval'
const rate = (series: string) => `rate(${series}[${RATE}])`
const p = (share: number, family: string, by = '') =>
  `histogram_quantile(${share}, sum by (instance, le${by}) (${rate(`${family}_bucket{OF}`)}))`

const FIGURES: readonly Figure[] = [
  { title: 'Runners that answer', queries: [['sum(up{OF})', 'up']], redBelow: 1 },
  {
    title: 'Alerts',
    about: 'Alerts that fire; docs/runbook.md says of each what to do.',
    queries: [['count(ALERTS{alertstate="firing",alertname=~"Outcry.*"}) or vector(0)', 'firing']],
    redFrom: 1,
  },
  { title: 'In quarantine', queries: [['sum(outcry_actors_quarantined{OF})', 'actors']], redFrom: 1 },
  {
    title: 'Longest without protection',
    about: 'Time since which no live stop covers all of a position.',
    unit: 's',
    queries: [['max(outcry_position_unprotected_seconds{OF})', 'seconds']],
    redFrom: 60,
  },
  {
    title: 'Disk left',
    unit: 'percentunit',
    queries: [['min(outcry_disk_free_bytes{OF} / outcry_disk_size_bytes{OF})', 'left']],
    redBelow: 0.1,
  },
  {
    title: 'Sinks behind',
    unit: 's',
    queries: [['max(outcry_sink_behind_seconds{OF})', 'seconds']],
    redFrom: 300,
  },
]

const ROWS: readonly { readonly title: string; readonly charts: readonly Chart[] }[] = [
  {
    title: 'Money',
    charts: [
      { title: 'Equity', queries: [['outcry_account_equity{OF}', '{{account}} {{asset}}']] },
      {
        title: 'Profit and loss',
        queries: [
          ['outcry_account_daily_pnl{OF}', '{{account}} today'],
          ['outcry_account_realized_pnl{OF}', '{{account}} realized'],
          ['outcry_account_unrealized_pnl{OF}', '{{account}} unrealized'],
        ],
      },
      {
        title: 'Drawdown',
        unit: 'percentunit',
        queries: [['outcry_account_drawdown_ratio{OF}', '{{account}}']],
      },
      {
        title: 'Exposure',
        about: 'Notional of each open position at its last price, below 0 for a short one.',
        queries: [['outcry_position_exposure{OF}', '{{account}} {{symbol}} {{asset}}']],
      },
      {
        title: 'Without protection',
        unit: 's',
        queries: [['outcry_position_unprotected_seconds{OF}', '{{account}} {{symbol}}']],
      },
      {
        title: 'Open orders and positions',
        queries: [
          ['outcry_open_orders{OF}', '{{account}} orders'],
          ['outcry_open_positions{OF}', '{{account}} positions'],
        ],
      },
    ],
  },
  {
    title: 'Strategies and orders',
    charts: [
      {
        title: 'Signals',
        unit: 'ops',
        queries: [
          [`sum by (strategy, signal) (${rate('outcry_signals_total{OF}')})`, '{{strategy}} {{signal}}'],
        ],
      },
      {
        title: 'Orders',
        unit: 'ops',
        queries: ['placed', 'filled', 'canceled', 'rejected', 'denied'].map((end) => [
          `sum(${rate(`outcry_orders_${end}_total{OF}`)})`,
          end,
        ]),
      },
      {
        title: 'Orders and fills by strategy',
        unit: 'ops',
        queries: [
          [`sum by (strategy) (${rate('outcry_orders_placed_total{OF}')})`, '{{strategy}} placed'],
          [`sum by (strategy) (${rate('outcry_fills_total{OF}')})`, '{{strategy}} fills'],
        ],
      },
      {
        title: 'Refusals of the risk gate, and limits reached',
        queries: [
          ['sum by (account, check) (increase(outcry_risk_refusals_total{OF}[1h]))', '{{account}} {{check}}'],
          ['sum by (account) (increase(outcry_risk_breaches_total{OF}[1h]))', '{{account}} breaches'],
          [
            'sum by (account) (increase(outcry_circuit_breaker_trips_total{OF}[1h]))',
            '{{account}} breaker trips',
          ],
        ],
      },
      {
        title: 'Candles and indicators',
        unit: 'ops',
        queries: [
          [`sum by (interval) (${rate('outcry_candles_total{OF}')})`, 'candles {{interval}}'],
          [`sum by (strategy) (${rate('outcry_indicators_total{OF}')})`, 'indicators {{strategy}}'],
        ],
      },
      {
        title: 'Differences from the books of the venue, and missing stops',
        queries: [
          [
            'sum by (account) (increase(outcry_reconciliation_discrepancies_total{OF}[1h]))',
            '{{account}} differences',
          ],
          [
            'sum by (account) (increase(outcry_protection_missing_total{OF}[1h]))',
            '{{account}} missing stops',
          ],
        ],
      },
    ],
  },
  {
    title: 'Turns and commits',
    charts: [
      {
        title: 'Turns and commits',
        unit: 'ops',
        queries: [
          [`sum by (instance) (${rate('outcry_turns_total{OF}')})`, '{{instance}} turns'],
          [`sum by (instance) (${rate('outcry_commit_duration_seconds_count{OF}')})`, '{{instance}} commits'],
        ],
      },
      {
        title: 'Transitions by kind',
        unit: 'ops',
        queries: [[`sum by (kind) (${rate('outcry_transitions_total{OF}')})`, '{{kind}}']],
      },
      {
        title: 'Events by type',
        about: 'The ten most frequent.',
        unit: 'ops',
        queries: [[`topk(10, sum by (type) (${rate('outcry_events_total{OF}')}))`, '{{type}}']],
      },
      {
        title: 'Time of a commit',
        unit: 's',
        queries: [
          [p(0.5, 'outcry_commit_duration_seconds'), '{{instance}} half'],
          [p(0.99, 'outcry_commit_duration_seconds'), '{{instance}} 99 of 100'],
          [p(0.99, 'outcry_fsync_duration_seconds'), '{{instance}} 99 of 100, fsync'],
        ],
      },
      {
        title: 'Size of a commit',
        unit: 'bytes',
        queries: [
          [p(0.5, 'outcry_commit_size_bytes'), '{{instance}} half'],
          [p(0.99, 'outcry_commit_size_bytes'), '{{instance}} 99 of 100'],
        ],
      },
      {
        title: 'Records of a commit',
        queries: [
          [p(0.5, 'outcry_commit_records'), '{{instance}} half'],
          [p(0.99, 'outcry_commit_records'), '{{instance}} 99 of 100'],
        ],
      },
      {
        title: 'Mailbox',
        about: 'Messages that wait for their turn.',
        queries: [['sum by (lane) (outcry_mailbox_messages{OF})', '{{lane}}']],
      },
      {
        title: 'Wait for a turn',
        about: '99 of 100 messages wait at most so long.',
        unit: 's',
        queries: [[p(0.99, 'outcry_mailbox_wait_seconds', ', lane'), '{{instance}} {{lane}}']],
      },
      {
        title: 'Timers',
        about: 'Timers that wait, and by how much 99 of 100 were late at most.',
        queries: [
          ['outcry_timers_armed{OF}', '{{instance}} armed'],
          [p(0.99, 'outcry_timer_lateness_seconds'), '{{instance}} late, in seconds'],
        ],
      },
    ],
  },
  {
    title: 'Actors and errors',
    charts: [
      {
        title: 'Failures, restarts and quarantine',
        queries: [
          ['sum(increase(outcry_actor_failures_total{OF}[1h]))', 'failures'],
          ['sum(increase(outcry_actor_restarts_total{OF}[1h]))', 'restarts'],
          ['sum(outcry_actors_quarantined{OF})', 'in quarantine'],
        ],
      },
      {
        title: 'Dead letters',
        queries: [['sum by (reason) (increase(outcry_dead_letters_total{OF}[1h]))', '{{reason}}']],
      },
      {
        title: 'Errors and warnings of the process',
        queries: [['sum by (severity) (increase(outcry_errors_total{OF}[1h]))', '{{severity}}']],
      },
      {
        title: 'Actors in memory',
        queries: [['outcry_actors_in_memory{OF}', '{{instance}}']],
      },
      {
        title: 'Messages to ports without an outcome',
        queries: [['outcry_intents_unsettled{OF}', '{{instance}}']],
      },
      {
        title: 'Components that are not well',
        about: '`outcry health` has the reason of each.',
        queries: [
          ['sum by (instance) (1 - outcry_component_healthy{OF})', '{{instance}} not well'],
          [
            'sum by (component) (increase(outcry_component_failures_total{OF}[1h]))',
            '{{component}} failures',
          ],
        ],
      },
    ],
  },
  {
    title: 'Market',
    charts: [
      {
        title: 'Market messages',
        unit: 'ops',
        queries: [[`sum by (kind) (${rate('outcry_market_messages_total{OF}')})`, '{{kind}}']],
      },
      {
        title: 'Refused market messages',
        unit: 'ops',
        queries: [[`sum by (reason) (${rate('outcry_market_messages_refused_total{OF}')})`, '{{reason}}']],
      },
      {
        title: 'Age of the last market message',
        unit: 's',
        queries: [['time() - outcry_market_last_message_timestamp_seconds{OF}', '{{instance}}']],
      },
      {
        title: 'Symbols without a connection',
        queries: [['outcry_market_symbols_disconnected{OF}', '{{instance}}']],
      },
      {
        title: 'Requests to servers outside',
        unit: 'ops',
        queries: [[`sum by (outcome) (${rate('outcry_data_fetches_total{OF}')})`, '{{outcome}}']],
      },
      {
        title: 'Times that the clock was set',
        queries: [['increase(outcry_clock_jumps_total{OF}[1h])', '{{instance}}']],
      },
    ],
  },
  {
    title: 'Feed',
    charts: [
      {
        title: 'Clients',
        queries: [
          ['outcry_feed_clients{OF}', '{{instance}} feed'],
          ['outcry_inspect_clients{OF}', '{{instance}} inspection'],
        ],
      },
      {
        title: 'Records that the slowest client has not read',
        queries: [['outcry_feed_lag_records{OF}', '{{instance}}']],
      },
      {
        title: 'Events left out, and connections ended',
        unit: 'ops',
        queries: [
          [`sum by (instance) (${rate('outcry_feed_conflated_total{OF}')})`, '{{instance}} left out'],
          [
            `sum by (channel, reason) (${rate('outcry_connections_dropped_total{OF}')})`,
            '{{channel}} {{reason}}',
          ],
        ],
      },
    ],
  },
  {
    title: 'Sinks',
    charts: [
      {
        title: 'Behind the log',
        unit: 's',
        queries: [['outcry_sink_behind_seconds{OF}', '{{sink}}']],
      },
      { title: 'Records behind the log', queries: [['outcry_sink_behind_records{OF}', '{{sink}}']] },
      {
        title: 'Events',
        unit: 'ops',
        queries: [[`sum by (sink) (${rate('outcry_sink_events_total{OF}')})`, '{{sink}}']],
      },
      { title: 'Writes', about: '1 while a sink writes.', queries: [['outcry_sink_up{OF}', '{{sink}}']] },
      {
        title: 'Failed attempts',
        queries: [['sum by (sink) (increase(outcry_sink_failures_total{OF}[1h]))', '{{sink}}']],
      },
      {
        title: 'Time of a batch',
        unit: 's',
        queries: [
          [
            `${rate('outcry_sink_write_seconds_total{OF}')} / ${rate('outcry_sink_batches_total{OF}')}`,
            '{{sink}}',
          ],
        ],
      },
    ],
  },
  {
    title: 'Log and disk',
    charts: [
      {
        title: 'Size of the log',
        unit: 'bytes',
        queries: [['outcry_store_size_bytes{OF}', '{{instance}} {{part}}']],
      },
      {
        title: 'Room on its disk',
        unit: 'bytes',
        queries: [
          ['outcry_disk_free_bytes{OF}', '{{instance}} left'],
          ['outcry_disk_size_bytes{OF}', '{{instance}} in all'],
        ],
      },
      {
        title: 'Records',
        queries: [
          ['outcry_log_seq{OF}', '{{instance}} in all'],
          ['outcry_log_archived_seq{OF}', '{{instance}} in the archive'],
        ],
      },
    ],
  },
  {
    title: 'Process',
    charts: [
      {
        title: 'Delay of the event loop',
        about: '99 of 100 delays are at most so long.',
        unit: 's',
        queries: [['nodejs_eventloop_lag_p99_seconds{OF}', '{{instance}}']],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [
          ['process_resident_memory_bytes{OF}', '{{instance}} process'],
          ['nodejs_heap_size_used_bytes{OF}', '{{instance}} heap'],
        ],
      },
      {
        title: 'CPU',
        unit: 'percentunit',
        queries: [[rate('process_cpu_seconds_total{OF}'), '{{instance}}']],
      },
      { title: 'Uptime', unit: 's', queries: [['outcry_uptime_seconds{OF}', '{{instance}}']] },
      {
        title: 'Garbage collection',
        about: 'Share of the time.',
        unit: 'percentunit',
        queries: [
          [
            `sum by (instance, kind) (${rate('nodejs_gc_duration_seconds_sum{OF}')})`,
            '{{instance}} {{kind}}',
          ],
        ],
      },
      {
        title: 'Open files and sockets',
        queries: [['process_open_fds{OF}', '{{instance}}']],
      },
    ],
  },
]

/** Returns the dashboard as the text of its file. */
export function grafanaDashboard(): string {
  return `${JSON.stringify(dashboard(), undefined, 2)}\n`
}

function dashboard(): Dashboard {
  return {
    uid: 'outcry',
    title: 'Outcry',
    description: 'Runners of Outcry. docs/metrics.md has the meaning of every metric.',
    tags: ['outcry', 'trading'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'utc',
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        variable('job', 'Job', 'label_values(outcry_uptime_seconds, job)'),
        {
          ...variable('instance', 'Runner', 'label_values(outcry_uptime_seconds{job="$job"}, instance)'),
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: placed(),
  }
}

function variable(name: string, label: string, query: string) {
  // 2: asked again when the range of time changes. 1: sorted by the alphabet.
  return { name, label, type: 'query' as const, datasource: PROMETHEUS, query, refresh: 2, sort: 1 }
}

/** Lays the panels out from left to right, row by row. */
function placed(): (Panel | RowPanel)[] {
  let [x, y, id] = [0, 0, 0]
  const place = <P extends object>(size: { readonly w: number; readonly h: number }, panel: P) => {
    if (x + size.w > COLUMNS) [x, y] = [0, y + size.h]
    const one = { id: ++id, gridPos: { ...size, x, y }, ...panel }
    x += size.w
    return one
  }
  const panels: (Panel | RowPanel)[] = FIGURES.map((figure) => place(FIGURE, figurePanel(figure)))
  let above = FIGURE.h
  for (const { title, charts } of ROWS) {
    ;[x, y] = [0, y + above]
    panels.push(place({ w: COLUMNS, h: 1 }, { type: 'row' as const, title, collapsed: false, panels: [] }))
    ;[x, y] = [0, y + 1]
    for (const chart of charts) panels.push(place(CHART, chartPanel(chart)))
    above = CHART.h
  }
  return panels
}

function figurePanel({ redFrom, redBelow, ...chart }: Figure): Panel {
  const steps =
    redBelow === undefined
      ? [
          { value: null, color: 'green' },
          { value: redFrom ?? null, color: 'red' },
        ]
      : [
          { value: null, color: 'red' },
          { value: redBelow, color: 'green' },
        ]
  return {
    ...asked(chart),
    type: 'stat',
    fieldConfig: {
      defaults: {
        ...unitOf(chart),
        color: { mode: FieldColorModeId.Thresholds },
        thresholds: { mode: ThresholdsMode.Absolute, steps },
      },
      overrides: [],
    },
    options: {
      colorMode: BigValueColorMode.Value,
      graphMode: BigValueGraphMode.Area,
      justifyMode: BigValueJustifyMode.Auto,
      textMode: BigValueTextMode.Value,
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  }
}

function chartPanel(chart: Chart): Panel {
  const custom: GraphFieldConfig = { lineWidth: 1, fillOpacity: 5, spanNulls: false }
  const legend: VizLegendOptions = {
    displayMode: LegendDisplayMode.List,
    placement: 'bottom',
    showLegend: true,
    calcs: [],
  }
  const tooltip: VizTooltipOptions = { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending }
  return {
    ...asked(chart),
    type: 'timeseries',
    fieldConfig: {
      defaults: { ...unitOf(chart), color: { mode: FieldColorModeId.PaletteClassic }, custom: { ...custom } },
      overrides: [],
    },
    options: { legend, tooltip },
  }
}

const unitOf = ({ unit }: Chart) => ({ unit: unit ?? 'short' })

function asked({ title, about, queries }: Chart) {
  const targets = queries.map(([expr, legendFormat], i) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource: PROMETHEUS,
    expr: expr.replace(OF, CHOSEN),
    legendFormat,
    range: true,
  }))
  return { title, ...(about && { description: about }), datasource: PROMETHEUS, targets }
}
