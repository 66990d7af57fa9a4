/**
 * Trades on a paper venue as told by its arguments, in a process of its own: a folder, then either `until-full`, to write
 * until the disk refuses, or a number of steps, to say each one that is durable. Made to be killed.
 */
import { isOutcryError } from '../../../store/index.ts'
import { Desk, header, order } from './desk.ts'
import { performStep } from './script.ts'

const [location, task] = process.argv.slice(2) as [string, string]
const desk = await Desk.open({ location })
if (task === 'until-full') await writeUntilFull()
else await trade(Number(task))

async function trade(steps: number): Promise<void> {
  // From the beginning at each start: what the venue has taken in already changes nothing.
  for (let step = 0; step < steps; step++) {
    performStep(desk.venue, step)
    if (!desk.venue.dirty) continue
    await desk.venue.flush()
    process.stdout.write(`${step}\n`)
  }
  await desk.venue.close()
}

async function writeUntilFull(): Promise<void> {
  const codeOf = async (act: () => unknown) => {
    try {
      await act()
      return 'none'
    } catch (error) {
      return isOutcryError(error) ? error.code : String(error)
    }
  }
  const { venue } = desk
  desk.quote('99', '101')
  let durable = 0
  let flush = 'none'
  for (let n = 0; flush === 'none'; n++) {
    durable = venue.reportsAfter(0).length
    for (let i = 0; i < 50; i++) desk.place(`${n}-${i}`, { orderQty: '1', timeInForce: 'IOC' })
    flush = await codeOf(() => venue.flush())
  }
  const undurable = venue.reportsAfter(durable)
  const again = await codeOf(() => venue.flush())
  const place = await codeOf(() => venue.place({ ...order(), ...header('late', desk.at) }))
  desk.quote('98', '100')
  const { dirty } = venue
  const afterwards = venue.reportsAfter(durable)
  const close = await codeOf(() => venue.close())
  process.stdout.write(`${JSON.stringify({ flush, again, place, close, dirty, undurable, afterwards })}\n`)
}
