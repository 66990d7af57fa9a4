/** The lines of declarations, found in the syntax tree: each element of a list that says what a kind or a component does. */
import {
  type CallExpression,
  type Node,
  type ObjectLiteralExpression,
  type PropertyAssignment,
  type SourceFile,
  SyntaxKind,
  type VariableDeclaration,
} from 'typescript/unstable/ast'

/** A line that can be taken out of a file. */
export interface Line {
  /** Path from the root of the tree. */
  readonly file: string
  readonly start: number
  readonly end: number
  /** Such as `sends.account fill`. */
  readonly name: string
}

/** Where declarations are. A kind of declaration that is added here is held like the others. */
interface Place {
  /** Files whose path begins so. */
  readonly under: string
  /** Name of the function whose first argument is a declaration as a whole. */
  readonly call?: string
  /** Name of a member, or of a constant, that is a declaration by itself. */
  readonly member?: string
}

export const PLACES: readonly Place[] = [
  { under: 'machines/', call: 'declare' },
  { under: 'machines/', member: 'keptInQuarantine' },
  { under: 'machines/', member: 'droppedInQuarantine' },
  { under: 'machines/', member: 'since' },
  { under: 'src/runner/', member: 'needs' },
]

/** Returns the lines of all declarations in a file, in their order. */
export function linesOf(file: string, source: SourceFile): readonly Line[] {
  const places = PLACES.filter(({ under }) => file.startsWith(under))
  const found: Line[] = []
  const visit = (node: Node): void => {
    for (const { call, member } of places) {
      if (call !== undefined && isCallOf(call, node)) take(node.arguments[0], '')
      if (member !== undefined && (isMember(node) || isVariable(node)) && nameOf(node) === member)
        take(node.initializer, member)
    }
    node.forEachChild(visit)
  }
  const take = (node: Node | undefined, name: string): void => {
    if (node === undefined) return
    if (isObject(node)) {
      for (const member of node.properties)
        if (isMember(member))
          take(member.initializer, name === '' ? nameOf(member) : `${name}.${nameOf(member)}`)
    } else if (node.kind === SyntaxKind.ArrayLiteralExpression)
      node.forEachChild((element) => {
        const start = element.getStart(source)
        const comma = /^\s*,/.exec(source.text.slice(element.end))?.[0].length ?? 0
        const text = source.text.slice(start, element.end)
        found.push({ file, start, end: element.end + comma, name: `${name} ${text}` })
      })
  }
  visit(source)
  return found
}

/** Returns a text without the line. */
export const without = ({ start, end }: Line, text: string) => text.slice(0, start) + text.slice(end)

function isCallOf(name: string, node: Node): node is CallExpression {
  if (node.kind !== SyntaxKind.CallExpression) return false
  const { expression } = node as CallExpression
  return expression.kind === SyntaxKind.Identifier && expression.getText() === name
}

function isMember(node: Node): node is PropertyAssignment {
  return node.kind === SyntaxKind.PropertyAssignment
}

function isVariable(node: Node): node is VariableDeclaration {
  return node.kind === SyntaxKind.VariableDeclaration
}

function isObject(node: Node): node is ObjectLiteralExpression {
  return node.kind === SyntaxKind.ObjectLiteralExpression
}

function nameOf({ name }: PropertyAssignment | VariableDeclaration): string {
  return name.getText().replaceAll(/['"]/g, '')
}
