import { defineSink } from '../define-sink.ts'
import { webhookConfig } from './config.ts'
import { WebhookWriter } from './writer.ts'

export const webhook = defineSink({
  name: 'webhook',
  about:
    'Sends chosen events as POST requests, as JSON or as texts for people in Telegram, Slack and Discord.',
  config: webhookConfig,
  open: async (config, { signal, logger }) => new WebhookWriter(config, { signal, logger }),
})
