/**
 * Pages that hand a life to the hosted tools of Stately. Those tools wait in a frame for messages of the page around it: the
 * inspector opens no WebSocket at all, and a browser lets no site of the Internet reach this machine without asking.
 */

/** The site of the hosted tools. */
const STATELY = 'https://stately.ai'

/** Content security policy of the pages: nothing but their script, their socket and the tool. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  `frame-src ${STATELY}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

interface Tool {
  readonly name: string
  readonly src: string
  readonly socket: string
  /** The message by which the tool says that it listens. */
  readonly ready: string
  /** The beginning of the types of frames that it reads. */
  readonly reads: string
}

const pageOf = ({ name, src, socket, ready, reads }: Tool) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Outcry in the ${name} of Stately</title>
<p id="said" role="status">The ${name} of ${STATELY} loads.</p>
<iframe id="tool" title="The ${name} of Stately"
  data-src="${STATELY}${src}" data-socket="${socket}" data-ready="${ready}" data-reads="${reads}"></iframe>
<script src="bridge.js"></script>
</html>
`

/** The page of the inspector, which speaks the protocol of @statelyai/inspect. */
export const INSPECTOR = pageOf({
  name: 'inspector',
  src: '/inspect',
  socket: 'inspect',
  ready: '@statelyai.connected',
  reads: '@xstate.',
})

/** The page of the visualizer of xstate 4, which speaks that of @xstate/inspect 0.8. */
export const VISUALIZER = pageOf({
  name: 'visualizer',
  src: '/viz?inspect',
  socket: 'inspect/legacy',
  ready: 'xstate.inspecting',
  reads: 'service.',
})

/** The script of both pages. It listens before the tool loads, for the tool speaks once. It keeps the frames until then. */
export const SCRIPT = `const said = document.getElementById('said')
const tool = document.getElementById('tool')
document.body.style.margin = '0'
said.style.cssText = 'margin: 0; padding: 4px 8px; font: 13px system-ui'
tool.style.cssText = 'border: 0; width: 100%; height: calc(100vh - 28px)'
const kept = []
let isReady = false
const hand = (frame) => tool.contentWindow.postMessage(frame, '${STATELY}')
addEventListener('message', ({ source, data }) => {
  if (source !== tool.contentWindow || data?.type !== tool.dataset.ready) return
  isReady = true
  for (const frame of kept.splice(0)) hand(frame)
})
tool.src = tool.dataset.src
const socket = new WebSocket(new URL(tool.dataset.socket, location.href.replace('http', 'ws')))
socket.onmessage = ({ data }) => {
  const frame = JSON.parse(data)
  if (frame.op === 'error') said.textContent = frame.message
  if (frame.type === 'outcry.end') said.textContent = frame.records + ' records: all of the life that is served.'
  if (!frame.type?.startsWith(tool.dataset.reads)) return
  if (isReady) hand(frame)
  else kept.push(frame)
}
socket.onclose = () => {
  said.textContent += ' The command has ended.'
}
`
