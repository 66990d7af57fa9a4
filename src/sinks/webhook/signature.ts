import { createHmac } from 'node:crypto'

/**
 * Returns the value of `X-Outcry-Signature`. The receiver makes the HMAC-SHA256 of `{t}.{body}` with the same key, compares
 * it in constant time, and refuses a `t` that is minutes old.
 *
 * @example signatureOf('{}', 'a key of 16 characters', 1723161255343) // 't=1723161255343,v1=5d3c…'
 */
export function signatureOf(body: string, secret: string, at: number): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}
