/**
 * The token in a WebSocket's subprotocols. A browser sends no header of a program with a WebSocket, and no cookie to another origin;
 * subprotocols are what every WebSocket can send. The server picks the first, which names no secret.
 */
const PROTOCOL = 'outcry'
const BEARER = 'outcry.bearer.'

/** Returns the subprotocols that carry the token. */
export function bearerProtocols(token: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token))
  const text = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return [PROTOCOL, `${BEARER}${text}`]
}

/** Returns the token that a header `Sec-WebSocket-Protocol` carries; undefined where it carries none. */
export function tokenIn(protocols: string | undefined): string | undefined {
  const found = protocols?.split(/ *, */).find((one) => one.startsWith(BEARER))
  if (found === undefined) return undefined
  try {
    const bytes = atob(found.slice(BEARER.length).replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
  } catch {
    // What is no base64 is no token.
    return undefined
  }
}
