/**
 * The page that hands a life to the hosted inspector of Stately. That inspector opens no WebSocket: it waits in a frame
 * or a window for messages of the page that has opened it.
 */

/** The site of the hosted inspector. */
export const STATELY = 'https://stately.ai'

/** Content security policy of the page: nothing but its script, its socket and the inspector. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  `frame-src ${STATELY}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Outcry in the inspector of Stately</title>
<p id="said" role="status">The inspector of ${STATELY} loads.</p>
<iframe id="inspector" title="The inspector of Stately" src="${STATELY}/inspect"></iframe>
<script src="/bridge.js"></script>
</html>
`

/** The script of the page. It keeps the frames until the inspector says that it is ready. */
export const SCRIPT = `const said = document.getElementById('said')
const inspector = document.getElementById('inspector')
document.body.style.margin = '0'
said.style.cssText = 'margin: 0; padding: 4px 8px; font: 13px system-ui'
inspector.style.cssText = 'border: 0; width: 100%; height: calc(100vh - 28px)'
const kept = []
let isReady = false
const hand = (frame) => inspector.contentWindow.postMessage(frame, '${STATELY}')
addEventListener('message', ({ source, data }) => {
  if (source !== inspector.contentWindow || data?.type !== '@statelyai.connected') return
  isReady = true
  for (const frame of kept.splice(0)) hand(frame)
})
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/inspect')
let count = 0
socket.onmessage = ({ data }) => {
  const frame = JSON.parse(data)
  if (frame.op === 'error') said.textContent = frame.message
  if (frame.type === 'outcry.end') said.textContent = frame.records + ' records, all of the life that was asked for.'
  if (!frame.type?.startsWith('@xstate.')) return
  if (++count === 1) said.textContent = 'The life begins.'
  if (isReady) hand(frame)
  else kept.push(frame)
}
socket.onclose = () => {
  said.textContent += ' The command has ended.'
}
`
