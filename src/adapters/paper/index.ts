export { PaperPort } from './paper-port.ts'
export { openPaperVenue, type PaperVenueOptions } from './paper-venue.ts'
