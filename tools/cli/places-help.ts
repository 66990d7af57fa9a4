const OF_LOG = `  seq:1234                      the place in the log
  2026-11-27T09:00:00Z          a time: ISO 8601 with its zone, or epoch milliseconds
  09:00, 09:00:00.250           a time of the day, UTC, on which the log ends
  -10m                          10 minutes before the end of the log; s, m, h and d are units
  now                           the end of the log`

/** The places that a command about an actor takes, for its help. */
export const PLACES = `Places:
  5, rev:5                      the actor's own record with this number
${OF_LOG}`

/** The places that a command about the whole log takes. */
export const MOMENTS = `Places:
${OF_LOG}`
