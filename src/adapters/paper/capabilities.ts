/** The capabilities of the paper venue. */
import { ordType, timeInForce } from '../../../machines/events/order.ts'
import type { VenueCapabilities } from '../capabilities.ts'

export const PAPER_CAPABILITIES: VenueCapabilities = {
  orderTypes: ordType.options,
  timeInForce: timeInForce.options,
  amend: 'priceAndQuantity',
  nativeLists: [],
  reduceOnly: true,
  hedgeMode: true,
  feeAssets: ['settle'],
  ids: {},
  limits: {},
}
