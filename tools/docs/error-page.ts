/** Makes docs/errors.md from the table of error codes. */
import { ERRORS, type ErrorFacts } from '../../errors/codes.ts'

const INTRO = `# Errors

Every error code. Made by \`npm run docs:reference\` from the table in \`errors/codes.ts\`: do not edit it by hand.

A code is stable: compare it, and not the message. An error of the library is an \`OutcryError\`: \`code\`, \`message\` (what happened, and
where), \`hint\` (what to do) and, of an input, \`issues\` (each \`field\` with its \`rule\`). The API answers with
a problem document of RFC 9457, \`application/problem+json\`: \`type\`, \`title\`, \`status\`, \`detail\` (the message), \`code\`, \`hint\` and
\`issues\`. \`type\` leads to the code on the server's page of the API, \`/docs\`. A frame of the feed has \`"op": "error"\`, \`code\` and \`message\`. A command writes
the code, the message and the hint in one line. \`verify\` and \`doctor\` name each problem by its code.

A client may get two other kinds of code. When an actor refuses a command, the status is 422, and the code is the type of the refusing event:
see [events.md](events.md). An error of the system about a file or a socket keeps the system's code, such as \`ENOENT\`.

- **HTTP** is the status of an answer. 500 is a fault of the server. Codes that no answer has also have 500.
- **exit** is the exit code of a command that ends with the error: 1 a problem was found, 2 wrong usage. 0 is fine.
- **retry** says whether the same request may succeed later, without a change of the request, the program, its configuration or its
  disk. A program has it as \`ERRORS[error.code].retryable\`.

`

export function errorPage(): string {
  const rows = Object.entries<ErrorFacts>(ERRORS).map(
    ([code, { status, exit, retryable, about }]) =>
      `| \`${code}\` | ${status} | ${exit} | ${retryable ? 'yes' : 'no'} | ${about} |`,
  )
  const head = ['| code | HTTP | exit | retry | what happened |', '| --- | --- | --- | --- | --- |']
  return `${INTRO}${[...head, ...rows].join('\n')}\n`
}
