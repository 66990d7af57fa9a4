/** The metrics of the process: prom-client measures them, and they are the same for all servers of a process. */
import { collectDefaultMetrics, Registry } from 'prom-client'
import { type Written, writtenOf } from './written.ts'

/**
 * The metrics of prom-client that are published, each with its meaning. Left out are gauges whose names end like those of
 * counters.
 */
export const PROCESS: Readonly<
  Record<string, { readonly type: 'counter' | 'gauge' | 'histogram'; readonly about: string }>
> = {
  process_start_time_seconds: { type: 'gauge', about: 'Time at which the process started, in epoch seconds' },
  process_cpu_user_seconds_total: { type: 'counter', about: 'CPU time of the process itself' },
  process_cpu_system_seconds_total: { type: 'counter', about: 'CPU time of the system for the process' },
  process_cpu_seconds_total: { type: 'counter', about: 'Both together' },
  process_resident_memory_bytes: { type: 'gauge', about: 'Memory of the process' },
  process_open_fds: { type: 'gauge', about: 'Open files and sockets; Linux alone' },
  process_max_fds: { type: 'gauge', about: 'Most files and sockets that it may have open; Linux alone' },
  nodejs_eventloop_lag_seconds: { type: 'gauge', about: 'Delay of the event loop at the last scrape' },
  nodejs_eventloop_lag_max_seconds: {
    type: 'gauge',
    about: 'Longest delay of the event loop between two scrapes',
  },
  nodejs_eventloop_lag_mean_seconds: {
    type: 'gauge',
    about: 'Mean delay of the event loop between two scrapes',
  },
  nodejs_eventloop_lag_p50_seconds: { type: 'gauge', about: 'Half of the delays were at most so long' },
  nodejs_eventloop_lag_p99_seconds: { type: 'gauge', about: '99 of 100 delays were at most so long' },
  nodejs_heap_size_total_bytes: { type: 'gauge', about: 'Size of the heap of JavaScript' },
  nodejs_heap_size_used_bytes: { type: 'gauge', about: 'Used part of that heap' },
  nodejs_external_memory_bytes: { type: 'gauge', about: 'Memory of buffers and of native code' },
  nodejs_gc_duration_seconds: { type: 'histogram', about: 'Time of each garbage collection, by its `kind`' },
  nodejs_version_info: { type: 'gauge', about: '1, with the version of Node as labels' },
}

let measured: Registry | undefined

/** Begins to measure, if nothing has done so yet: the delay of the event loop and garbage collections need it. */
export function measureProcess(): void {
  if (measured !== undefined) return
  measured = new Registry()
  collectDefaultMetrics({ register: measured })
  // Nobody waits for what is not published, such as a list of all open sockets.
  for (const { name } of measured.getMetricsAsArray())
    if (PROCESS[name] === undefined) measured.removeSingleMetric(name)
}

/** Returns the metrics of this moment. */
export async function processMetrics(): Promise<readonly Written[]> {
  measureProcess()
  const all = (await measured?.getMetricsAsJSON()) ?? []
  return all.map((one) => writtenOf(one as unknown as Parameters<typeof writtenOf>[0]))
}
