/**
 * The token in a WebSocket's subprotocols. A browser's program cannot set headers of a WebSocket, and no cookie goes to
 * another origin, but every WebSocket can send subprotocols. The server selects the first, which contains no secret.
 */
const PROTOCOL = 'outcry'
const BEARER = 'outcry.bearer.'

/** Returns the subprotocols that carry the token. */
export function bearerProtocols(token: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token))
  const text = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return [PROTOCOL, `${BEARER}${text}`]
}

/** Returns the token in a header `Sec-WebSocket-Protocol`; undefined when it has none. */
export function tokenIn(protocols: string | undefined): string | undefined {
  const found = protocols?.split(/ *, */).find((one) => one.startsWith(BEARER))
  if (found === undefined) return undefined
  try {
    const bytes = atob(found.slice(BEARER.length).replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
  } catch {
    // A text that is not base64 is not a token.
    return undefined
  }
}
