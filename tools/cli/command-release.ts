import { compact } from '../../errors/compact.ts'
import { namingHint, readStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { releaseOffline } from '../../src/runtime/offline.ts'
import { kindOf, parseAddress } from '../../src/runtime/record/address.ts'
import { OutcryError } from '../../store/index.ts'
import { countText } from './format.ts'
import { loadMachines, machinesIn } from './machines.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson } from './output.ts'
import { openLog } from './runner-client.ts'

export interface ReleaseOptions extends ReadOptions {
  readonly by?: string
  readonly reason?: string
}

/** `outcry release <address>`: lets an actor out of quarantine, in a closed log or in the runner that holds it. */
export async function release(address: string, options: ReleaseOptions): Promise<number> {
  parseAddress(address)
  const { by, reason, json } = options
  const { data, modules } = await named(options)
  const why = compact({ by, reason })
  readStrategiesFile(data)
  const ofReader = await loadMachines(modules)
  const log = await openLog(data, { isHeld: true })
  const isRunning = 'url' in log
  const source = isRunning ? log.url : log.location
  let seq: number
  if (isRunning) seq = (await log.release(address, why)).seq
  else {
    try {
      const known = await machinesIn(log.store, ofReader)
      if (!Object.hasOwn(known, kindOf(address))) throw unnamed(address, data)
      seq = await releaseOffline(log.store, known, address, why)
    } finally {
      await log.store.close()
    }
  }
  if (json) await printJson({ address, seq, source })
  else {
    const from = isRunning ? 'now' : 'the next start on'
    await print(
      `${address} is released, with seq ${countText(seq)} in ${source}: it takes messages from ${from}, in the state before it failed`,
    )
  }
  return 0
}

function unnamed(address: string, data: string): OutcryError {
  return new OutcryError(
    'KIND_UNKNOWN',
    `the machine of ${address} is not named here`,
    namingHint(data, [address]),
  )
}
