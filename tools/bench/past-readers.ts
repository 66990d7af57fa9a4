/**
 * Requests paths from a runner over HTTP, a few at a time, until it is told to end. A process of its own, which past.ts
 * starts and reads.
 */
interface Task {
  readonly url: string
  readonly paths: readonly string[]
  readonly atOnce: number
}

process.once('message', async ({ url, paths, atOnce }: Task) => {
  const took: number[] = []
  const gone = new AbortController()
  let next = 0
  const ask = async () => {
    while (!gone.signal.aborted) {
      const started = performance.now()
      const path = paths[next++ % paths.length] as string
      const response = await fetch(`${url}${path}`, { signal: gone.signal })
      const text = await response.text()
      if (!response.ok) throw new Error(`${path} answers ${response.status}: ${text}`)
      took.push(performance.now() - started)
    }
  }
  const asking = Promise.all(Array.from({ length: atOnce }, ask)).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error
  })
  process.send?.('ready')
  process.once('message', async () => {
    gone.abort()
    await asking
    process.send?.(took, () => process.exit())
  })
  await asking
})
