/**
 * The table of all error codes of Outcry. A code is API: it is never renamed, and a new error gets its line here first.
 * `docs/errors.md` is made from this table (`npm run docs:reference`).
 */

/** Exit codes of the command line. */
export const EXIT = { fine: 0, problem: 1, usage: 2 } as const

export interface ErrorFacts {
  /**
   * HTTP status of an answer with this code. 4xx: the request is wrong. 503: the runner cannot take it now. 500: a
   * fault of the runner, which is logged, or a code that no answer has.
   */
  readonly status: number
  /** Exit code of a command that ends with this code. */
  readonly exit: (typeof EXIT)['problem' | 'usage']
  /**
   * True when the same request may succeed later, without a change of the request, the program, its configuration or its
   * disk.
   */
  readonly retryable: boolean
  /** The event and its condition, in one sentence for the documentation. */
  readonly about: string
}

/** @example ERRORS.MAILBOX_FULL.retryable // true */
// biome-ignore format: a table has one line for each code.
export const ERRORS = {
  ACCESS_REFUSED: { status: 403, exit: 1, retryable: false, about: 'A request acts with a token that may only read, or in the name of another token.' },
  ACTION_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'A machine calls an action that it does not define.' },
  ACTOR_BUSY: { status: 503, exit: 1, retryable: true, about: 'An actor is restarting or in quarantine, and its queue of kept messages is full.' },
  ACTOR_ENDED: { status: 409, exit: 1, retryable: false, about: 'A message is for an actor that has ended.' },
  ACTOR_EXISTS: { status: 409, exit: 1, retryable: false, about: 'A spawn names the address of an actor that exists already.' },
  ACTOR_FAILED: { status: 422, exit: 1, retryable: false, about: 'An actor failed on a message. Its turn is undone, and `cause` has the error.' },
  ACTOR_HELD: { status: 409, exit: 1, retryable: false, about: 'A person restarts or stops an actor whose end would lose something, such as a position or an open order.' },
  ACTOR_NOT_QUARANTINED: { status: 409, exit: 1, retryable: false, about: 'A release names an actor that is not in quarantine.' },
  ACTOR_QUARANTINED: { status: 409, exit: 1, retryable: false, about: 'A message is for an actor in quarantine, and its kind does not keep it.' },
  ACTOR_RESERVED: { status: 400, exit: 1, retryable: false, about: "A message from outside is for one of the runtime's own actors." },
  ACTOR_SUSPECT: { status: 500, exit: 1, retryable: false, about: 'A strategy is not started, because its start ended the run before this one.' },
  ACTOR_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'There is no actor with this address.' },
  ACTOR_UNREADABLE: { status: 503, exit: 1, retryable: false, about: 'An actor cannot be restored from the log. The others run.' },
  ADDRESS_INVALID: { status: 400, exit: 2, retryable: false, about: 'A text is not the address of an actor.' },
  ANSWER_INVALID: { status: 500, exit: 1, retryable: false, about: 'The answer of a server to a client breaks the contract: it is another version, or not a runner.' },
  ANSWER_TOO_LONG: { status: 500, exit: 1, retryable: false, about: 'The answer to an assistant has more characters than it is sent.' },
  BACKUP_CUT_OFF: { status: 500, exit: 1, retryable: true, about: 'The connection ended before a backup was complete.' },
  BACKUP_DAMAGED: { status: 500, exit: 1, retryable: false, about: 'A copy of the log was made or restored, and its check finds damage.' },
  BACKUP_EXISTS: { status: 500, exit: 1, retryable: false, about: 'The folder for a backup exists already.' },
  BACKUP_FAILED: { status: 500, exit: 1, retryable: false, about: 'A backup cannot be written, or its source cannot be read.' },
  BACKUP_LOG_ALONE: { status: 500, exit: 1, retryable: false, about: 'The runner is of an earlier version, which sends a backup without the books of the venue.' },
  BODY_TOO_LARGE: { status: 413, exit: 1, retryable: false, about: 'The body of a request is larger than 64 KiB.' },
  CALLBACK_ASYNC: { status: 500, exit: 1, retryable: false, about: 'A machine has an async function in `fromCallback`; found at the start.' },
  CHILDREN_TOO_MANY: { status: 500, exit: 1, retryable: false, about: 'An actor spawns more children than it may have.' },
  CHILD_EXISTS: { status: 500, exit: 1, retryable: false, about: 'An actor spawns a child with the id of one that is running.' },
  CHILD_ID_REQUIRED: { status: 500, exit: 1, retryable: false, about: 'A machine spawns a child without an id.' },
  CHILD_INLINE: { status: 500, exit: 1, retryable: false, about: 'A machine spawns a child from logic that has no name.' },
  CHILD_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'A machine or the log names child logic that the machine does not define.' },
  COMMAND_REFUSED: { status: 422, exit: 1, retryable: false, about: 'An actor refuses a command, which is on record. The code of the answer is the type of the refusing event; in a client, the answer is the `cause` of the error.' },
  COMMAND_UNKNOWN: { status: 400, exit: 1, retryable: false, about: 'An actor does not take this event from people.' },
  COMPONENTS_INVALID: { status: 500, exit: 1, retryable: false, about: 'The components of a runner share a name, need one that is not there, or need each other in a circle.' },
  COMPONENT_BUSY: { status: 409, exit: 1, retryable: true, about: 'A person restarts a component that is starting or stopping already.' },
  COMPONENT_FAILED: { status: 503, exit: 1, retryable: true, about: 'A component that a person restarts does not start.' },
  COMPONENT_FIXED: { status: 409, exit: 1, retryable: false, about: 'A person restarts a component that the run cannot go on without.' },
  COMPONENT_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'The runner has no component of this name.' },
  CONFIG_INVALID: { status: 500, exit: 2, retryable: false, about: 'The configuration breaks a rule; each key is named, with its rule.' },
  CROSS_ACTOR_READ: { status: 500, exit: 1, retryable: false, about: 'A machine reads the snapshot of another actor, or subscribes to it.' },
  DELAY_INVALID: { status: 500, exit: 1, retryable: false, about: 'A machine sets a timer whose delay is not a finite number.' },
  DELAY_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'A machine names a delay that it does not define; found at the start.' },
  EVENT_INVALID: { status: 400, exit: 1, retryable: false, about: 'An event or one of its fields breaks a rule of its kind.' },
  EVENT_UNHANDLED: { status: 409, exit: 1, retryable: false, about: 'A command is on record, but the actor does nothing about it in its state.' },
  EXIT_REFUSED: { status: 500, exit: 1, retryable: false, about: 'A module of a user calls a function that would end the process.' },
  EXPORT_EXISTS: { status: 500, exit: 1, retryable: false, about: 'The file or folder of an export exists already.' },
  FEED_FAILED: { status: 500, exit: 1, retryable: false, about: 'The feed cannot read the log any further and ends the connection.' },
  FEED_GAP: { status: 500, exit: 1, retryable: false, about: 'A client of the feed finds a record missing, or in the wrong order.' },
  FILE_UNREADABLE: { status: 500, exit: 1, retryable: false, about: 'A file of events is missing, or is not one that can be read. The message names the line.' },
  FRAME_INVALID: { status: 400, exit: 1, retryable: false, about: 'A frame of the feed or of the inspection breaks the protocol: one that a client sends, or one that it gets.' },
  HEADERS_TOO_LARGE: { status: 431, exit: 1, retryable: false, about: 'The headers of a request are larger than 16 KiB.' },
  HOLDS_TOO_MUCH: { status: 500, exit: 1, retryable: false, about: 'An actor would hold more context, timers and children than it may.' },
  HOST_REFUSED: { status: 403, exit: 1, retryable: false, about: 'A request names a host that is not a name of the server.' },
  IMPURE_SEND: { status: 500, exit: 1, retryable: false, about: 'A guard, an `assign` or an expression of a machine sends an event by hand.' },
  INTENT_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'A machine sends a venue an intent that no venue takes.' },
  INTERNAL: { status: 500, exit: 1, retryable: false, about: 'An unexpected failure; the log of the runner has the cause.' },
  INVARIANT_BROKEN: { status: 500, exit: 1, retryable: false, about: 'The runtime finds that it is about to break a law of the log, or has: a defect of Outcry. It fences the store.' },
  JSON_INVALID: { status: 400, exit: 1, retryable: false, about: 'The body of a request is not JSON, or is empty.' },
  KEY_REUSED: { status: 422, exit: 1, retryable: false, about: 'An `Idempotency-Key` was used for another event before.' },
  KIND_INVALID: { status: 500, exit: 1, retryable: false, about: 'A registration does not describe a kind of actor; found at the start.' },
  KIND_UNDECLARED: { status: 500, exit: 1, retryable: false, about: 'A machine emits or sends an event that its kind does not declare; found in tests and in development.' },
  KIND_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'No machine is registered for the kind of an address.' },
  LEDGER_INVALID: { status: 500, exit: 1, retryable: false, about: 'A ledger has a line that is no entry, or belongs to another ledger of that name. The message names the line. Nothing was imported.' },
  LETTER_SETTLED: { status: 409, exit: 1, retryable: false, about: 'A dead letter was dropped or sent again before.' },
  LETTER_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'A record that should be delivered again or dropped is not a dead letter.' },
  LIMIT_EXCEEDED: { status: 429, exit: 1, retryable: true, about: 'An address or a token has too many requests, connections or WebSockets. `Retry-After` has the seconds to wait.' },
  LISTEN_FAILED: { status: 500, exit: 1, retryable: false, about: 'The system does not let the server listen on the host and port.' },
  LOG_CUT: { status: 410, exit: 1, retryable: false, about: 'A request names a place in the log whose records were deleted, as `retention.deleteAfterDays` says. The message has the first seq that there is.' },
  LOG_FOREIGN: { status: 500, exit: 2, retryable: false, about: 'The data folder has the log of another program.' },
  LOG_GAP: { status: 500, exit: 1, retryable: false, about: 'A record that must be in the log is missing.' },
  LOG_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'The log has a record of a later version that this one cannot replay.' },
  MACHINES_NONE: { status: 500, exit: 1, retryable: false, about: 'A module that `--machines` names is not there, fails as it is loaded, or exports no machines and no strategy.' },
  MACHINE_CHANGED: { status: 500, exit: 1, retryable: false, about: 'A machine changed without a new version while the log has actors of it; found at the start.' },
  MACHINE_NONE: { status: 400, exit: 1, retryable: false, about: 'The requested actor has no machine, so it has no definition.' },
  MACHINE_VERSION_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'The log has actors of a machine version that is not registered and has no upgrade.' },
  MAILBOX_FULL: { status: 503, exit: 1, retryable: true, about: 'The lane of a message is full.' },
  MEDIA_TYPE_UNKNOWN: { status: 415, exit: 1, retryable: false, about: 'The body of a request is not declared as JSON.' },
  MEMORY_FILLED: { status: 500, exit: 1, retryable: false, about: 'An actor of a module filled the memory of the run before this one; it begins in quarantine.' },
  METHOD_REFUSED: { status: 405, exit: 1, retryable: false, about: 'A path does not take the method of a request; `Allow` has those that it takes.' },
  MODULE_PENDING: { status: 500, exit: 1, retryable: false, about: 'A module of a user is not loaded within `runner.moduleLimitMs`.' },
  MODULE_UNNAMED: { status: 500, exit: 2, retryable: false, about: 'The log has strategies of a module that neither the configuration nor `--machines` names.' },
  NOT_AUTHORISED: { status: 401, exit: 1, retryable: false, about: 'A request has no token, or one that the server does not know.' },
  NOT_JSON: { status: 400, exit: 1, retryable: false, about: 'JSON cannot keep a value as it is, or the value has too many levels; the message has its path.' },
  NOT_READY: { status: 503, exit: 1, retryable: true, about: 'A part of the process that is needed does not run yet, or does not run any more.' },
  OPTION_INVALID: { status: 500, exit: 1, retryable: false, about: 'A program gives a function an option with a wrong value.' },
  OPTION_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'A program gives a function an option that it does not have.' },
  ORIGIN_REFUSED: { status: 403, exit: 1, retryable: false, about: 'A page of an origin that is not listed speaks to the server.' },
  OTHER_MARKET: { status: 500, exit: 2, retryable: false, about: 'The data folder belongs to another market than the configured one.' },
  OTHER_VENUE: { status: 500, exit: 2, retryable: false, about: 'A venue that the data folder began with was changed or removed.' },
  PLACE_INVALID: { status: 400, exit: 2, retryable: false, about: 'A place in the log is not a seq, rev or time of the log.' },
  PORT_BUSY: { status: 500, exit: 1, retryable: true, about: 'The ports have more unsettled intents than they may; a turn that adds one is undone.' },
  PORT_INVALID: { status: 500, exit: 1, retryable: false, about: 'A registered port lacks a function that each port has; found at the start.' },
  PORT_IN_USE: { status: 500, exit: 1, retryable: true, about: 'Another process listens on the port of the server.' },
  PROMISE_INTERRUPTED: { status: 500, exit: 1, retryable: false, about: 'A stop or a crash cut off a promise of a machine, which is rejected with this code.' },
  READ_ABORTED: { status: 499, exit: 1, retryable: true, about: 'The client disconnected before its answer was read from the log.' },
  RECORDING_EXISTS: { status: 500, exit: 1, retryable: false, about: 'The folder of `outcry record` has a recording that the market does not go on.' },
  RECORDING_OLDER: { status: 500, exit: 1, retryable: false, about: 'An older version stopped in the middle of a recording, at a place that this version does not know.' },
  RECORDING_UNREADABLE: { status: 500, exit: 1, retryable: false, about: 'The file of a recording cannot be read.' },
  RECORD_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'The log has no record of this seq, or an actor has none at a place.' },
  REPLAY_DIVERGED: { status: 500, exit: 1, retryable: false, about: 'The replay of a record does not lead to the state in the log.' },
  REQUESTS_EXHAUSTED: { status: 500, exit: 1, retryable: false, about: 'An order has made as many requests as its wire ids can number.' },
  REQUEST_INVALID: { status: 400, exit: 1, retryable: false, about: 'A field of a request breaks its rule; `issues` has the field and the rule.' },
  REQUEST_LATE: { status: 408, exit: 1, retryable: true, about: 'A request does not arrive within its time.' },
  REV_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'An actor has no record of this rev.' },
  ROUTE_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'The server has nothing at this path.' },
  RUNNER_NONE: { status: 500, exit: 1, retryable: false, about: 'A command that acts needs a runner, and none with a server holds the folder.' },
  RUNNER_REFUSED: { status: 500, exit: 1, retryable: false, about: 'A runner of another version refuses a command with a code that this version does not have.' },
  RUNNER_UNREACHABLE: { status: 500, exit: 1, retryable: true, about: 'The runner that holds the log does not answer a command.' },
  RUN_HUNG: { status: 500, exit: 1, retryable: false, about: 'An actor blocked the run before this one for ever; it begins in quarantine.' },
  SCRATCH_FAILED: { status: 500, exit: 1, retryable: false, about: 'The temporary folder cannot take data that does not fit into memory.' },
  SEQ_LOST: { status: 500, exit: 1, retryable: false, about: 'A client of the feed reconnects, and the log no longer has its last item.' },
  SEQ_UNKNOWN: { status: 400, exit: 1, retryable: false, about: 'A subscription begins beyond the end of the log.' },
  SERVER_BUSY: { status: 503, exit: 1, retryable: true, about: 'The server has too many waiting requests or subscribed topics.' },
  SINK_CLIENT_MISSING: { status: 500, exit: 1, retryable: false, about: 'A sink needs a package that is not installed. The message names it.' },
  SINK_FOREIGN: { status: 500, exit: 1, retryable: false, about: 'The target of a sink has events of another log, or more than this log has, or another sink or runner writes it.' },
  SINK_SECRET_MISSING: { status: 500, exit: 1, retryable: false, about: 'The configuration of a sink names a variable of the environment that is not set, or a file that cannot be read, is empty, or that other users may read.' },
  SITE_REFUSED: { status: 403, exit: 1, retryable: false, about: 'A page of another site loads something from the server.' },
  STATE_DIFFERS: { status: 500, exit: 1, retryable: false, about: '`verify` finds a snapshot or a state in memory that differs from the state in the log.' },
  STOPPED: { status: 503, exit: 1, retryable: true, about: 'The supervisor has stopped, and takes no messages.' },
  STORE_ARCHIVE: { status: 500, exit: 1, retryable: false, about: 'A file of the archive is missing or damaged, or the archive has no folder.' },
  STORE_CHAIN: { status: 500, exit: 1, retryable: false, about: 'A check finds a commit that does not follow the one before it.' },
  STORE_CHECKSUM: { status: 500, exit: 1, retryable: false, about: 'A check finds a commit whose bytes have changed.' },
  STORE_CLOSED: { status: 500, exit: 1, retryable: false, about: 'The store is closed while it is read or written.' },
  STORE_CORRUPT: { status: 500, exit: 1, retryable: false, about: 'The log is damaged where it is read; the message says where.' },
  STORE_FENCED: { status: 503, exit: 1, retryable: true, about: 'The store takes no more writes: another writer opened it, or a write failed. The runner ends.' },
  STORE_FORMAT: { status: 500, exit: 1, retryable: false, about: 'The log has a format or a codec that this version does not read.' },
  STORE_GAP: { status: 500, exit: 1, retryable: false, about: 'Records are missing, or a commit does not begin where the log ends.' },
  STORE_INDEX: { status: 500, exit: 1, retryable: false, about: 'A check finds an index that does not lead to its records. `outcry doctor` can make it anew.' },
  STORE_LOCKED: { status: 500, exit: 1, retryable: true, about: 'Another process has the store open.' },
  STORE_LOST_TAIL: { status: 500, exit: 1, retryable: false, about: 'The log ends before a record that was acknowledged.' },
  STORE_NONE: { status: 500, exit: 1, retryable: false, about: 'A command names a folder that has no log.' },
  STORE_NO_ARCHIVE: { status: 500, exit: 1, retryable: false, about: 'A program calls `archive` of a store that has no archive.' },
  STORE_OPEN_FAILED: { status: 500, exit: 1, retryable: false, about: 'The system cannot open the store: a wrong path, or missing permissions.' },
  STORE_OWNED: { status: 500, exit: 1, retryable: false, about: 'A store is given to two supervisors.' },
  STORE_POSITION: { status: 500, exit: 1, retryable: false, about: 'A check finds the position of a durable subscription that cannot be read or is beyond the log. `outcry doctor` can set it back.' },
  STORE_SNAPSHOT: { status: 500, exit: 1, retryable: false, about: 'A check finds a snapshot that cannot be read. It is made anew from the log.' },
  STORE_UNREADABLE: { status: 500, exit: 1, retryable: false, about: 'A check finds a piece of the store that the database or the disk cannot read.' },
  STORE_WRITE_FAILED: { status: 500, exit: 1, retryable: false, about: 'The disk refused a write. The store is fenced from then on.' },
  STRATEGIES_UNREADABLE: { status: 500, exit: 1, retryable: false, about: '`strategies.json` of the data folder cannot be read.' },
  STRATEGY_INVALID: { status: 500, exit: 1, retryable: false, about: 'A module of a strategy exports none, fails as it is loaded, or has a name that is taken.' },
  SUBSCRIPTION_EXISTS: { status: 409, exit: 1, retryable: false, about: 'A client of the feed subscribes with an id that it already uses, or a program with a name whose subscription is running.' },
  SUBSCRIPTION_UNKNOWN: { status: 404, exit: 1, retryable: false, about: 'A client of the feed ends a subscription that it does not have.' },
  SUBSCRIPTION_UNMATCHED: { status: 400, exit: 2, retryable: false, about: 'No publication can match a topic or the filter of a subscription. The message names what would.' },
  TARGET_UNKNOWN: { status: 500, exit: 1, retryable: false, about: 'A machine sends to an object that is not an actor of this runtime.' },
  THROWN_OUTSIDE: { status: 500, exit: 1, retryable: false, about: 'Code throws outside every turn. The run stops in order.' },
  TIMER_ID_INVALID: { status: 500, exit: 1, retryable: false, about: 'A machine sets a timer whose id is not a text of an allowed length.' },
  TOKEN_INVALID: { status: 500, exit: 2, retryable: false, about: 'A named token cannot be used: its file or its variable is missing, has no token or a short one, other users may read it, or two names have the same token.' },
  TOKEN_NONE: { status: 500, exit: 1, retryable: false, about: 'A server without a token would listen where other machines may reach it.' },
  TRACING_CLIENT_MISSING: { status: 500, exit: 1, retryable: false, about: 'Tracing needs packages that are not installed. The message names them.' },
  TURN_TOO_LONG: { status: 500, exit: 1, retryable: false, about: 'One message leads to more records than a turn may have.' },
  UPGRADE_FAILED: { status: 500, exit: 1, retryable: false, about: 'An actor cannot be migrated to the registered version of its machine.' },
  UPGRADE_REQUIRED: { status: 426, exit: 1, retryable: false, about: 'A request to the path of a WebSocket does not ask for one.' },
  USER_MESSAGE_UNREADABLE: { status: 500, exit: 1, retryable: false, about: "A message of Binance's user stream cannot be read." },
  VALUE_TOO_LARGE: { status: 500, exit: 1, retryable: false, about: 'A value, or a system id, is larger than it may be.' },
  VENUE_BEHIND: { status: 500, exit: 1, retryable: false, about: "The books of the paper venue end before the log's last record of them." },
  VENUE_CORRUPT: { status: 500, exit: 1, retryable: false, about: 'The books of the paper venue are damaged.' },
  VENUE_FOREIGN: { status: 500, exit: 1, retryable: false, about: 'The books of the paper venue belong to another log.' },
  VENUE_FORMAT: { status: 500, exit: 1, retryable: false, about: 'The books of the paper venue have a format that this version does not read.' },
  VENUE_OPEN_FAILED: { status: 500, exit: 1, retryable: true, about: 'The books of the paper venue cannot be opened: another runner may hold them.' },
  VENUE_WRITE_FAILED: { status: 500, exit: 1, retryable: false, about: 'The disk refused a write to the books of the paper venue.' },
  WEBSOCKET_NONE: { status: 500, exit: 1, retryable: false, about: 'A client follows the feed without a WebSocket: the platform has none, and none was given.' },
  XSTATE_UNSUPPORTED: { status: 500, exit: 1, retryable: false, about: 'The installed version of XState is not supported.' },
} satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof ERRORS

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

/**
 * Returns the facts of a code. A code that is not in the table, which a JavaScript program may throw, counts as
 * INTERNAL.
 */
export function factsOf(code: string): ErrorFacts {
  return isErrorCode(code) ? ERRORS[code] : ERRORS.INTERNAL
}
