/** Outcry's client: the HTTP API and the feed of a running server, in Node and in browsers. */
export { type Issue, isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
export { type EventEnvelope, eventEnvelope } from '../api/contract/envelope.ts'
export type { Filter } from '../api/contract/filter.ts'
export {
  clientFrame,
  type EventOnTopic,
  type FeedFrame,
  feedFrame,
  type RecordOnTopic,
  type SubscribeFrame,
} from '../api/contract/frames.ts'
export type { Problem } from '../api/contract/problem.ts'
export type {
  ActorSummary,
  ActorView,
  Change,
  Failure,
  RecordInDetail,
  TransitionRecord,
} from '../api/contract/record.ts'
export type { AnswerOf, Route } from '../api/contract/route.ts'
export { type Routes, routes } from '../api/contract/routes.ts'
export { isFailed, isOpen, type Standing, type Trouble, troubleOf } from '../api/contract/standing.ts'
export type { Explained, Explanation, GuardsAsked } from '../api/contract/why.ts'
export {
  Client,
  type ClientOptions,
  createClient,
  type HistoryRange,
  type PlaceInPast,
  type SocketConstructor,
  type WantedActors,
} from './client.ts'
export type { CommandName, CommandOptions, Commands } from './commands.ts'
export type { FeedOptions, FeedSocket, FeedStatus } from './feed.ts'
export type { Asked, HttpOptions, RouteName } from './http.ts'
export type { ObserveOptions } from './observables.ts'
export type { FeedItem } from './place.ts'
