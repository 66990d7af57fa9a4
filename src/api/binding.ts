/** The address on which a server listens. A server that other machines reach needs a token. */
import { promises as dns } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { OutcryError } from '../../errors/outcry-error.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i
const LOOPBACK_ADDRESSES = new BlockList()
LOOPBACK_ADDRESSES.addSubnet('127.0.0.0', 8)
LOOPBACK_ADDRESSES.addAddress('::1', 'ipv6')

/** Returns whether a host is a name of this machine alone, by its text. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** Returns whether only this machine reaches an address, or sends from it. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && LOOPBACK_ADDRESSES.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Returns the address to listen on. A name is resolved once, and the server listens on that address alone: a name such
 * as localhost may come to mean another address. An empty host stays: it means all addresses.
 *
 * @throws TOKEN_NONE when other machines would reach the server without a token; the system's error for an unknown name
 */
export async function addressOf(host: string, isGuarded: boolean): Promise<string> {
  const address = host === '' || isIP(host) !== 0 ? host : (await dns.lookup(host)).address
  if (isGuarded || (isLoopback(host) && isLoopbackAddress(address))) return address
  const where = address === host ? `"${host}"` : `"${host}", which is ${address}`
  throw new OutcryError(
    'TOKEN_NONE',
    `other machines may reach ${where}, and every client that reaches the server can send to every actor`,
    'Give the server a token: openssl rand -hex 32 makes one. Or listen on 127.0.0.1.',
    { issues: [{ field: 'host', rule: '127.0.0.1, localhost or ::1, or any with a token' }] },
  )
}
