import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../tools.ts";
import { withImports } from "./imports.ts";

/** An error that the sources can throw, with the words that are fixed and `…` for the rest. */
export type KnownError = { code: string; what: string; next: string };

const CODE = /^[a-z]+(-[a-z]+)+$/;

/**
 * The errors that an action's sources, and what they import of the packages, can throw, sorted by
 * code: read from the sources, so that the README says what the log says.
 */
export function errorsOf(folder: string): KnownError[] {
  const errors = withImports(filesIn(join(folder, "src"))).flatMap(errorsIn);
  const distinct = new Map(errors.map((error) => [`${error.code} ${error.what}`, error]));
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, error]) => error);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort();
}

function errorsIn(path: string): KnownError[] {
  const text = readFileSync(join(root, path), "utf8");
  return errorsInText(text, path);
}

/** Finds `new ActionError("code", { what, next })` and `["code", what, why, next]` in a source. */
export function errorsInText(text: string, path = "source.ts"): KnownError[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: KnownError[] = [];
  const visit = (node: ts.Node): void => {
    const error = thrownBy(node);
    if (error) found.push(error);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function thrownBy(node: ts.Node): KnownError | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === "ActionError") {
    const [code, explanation] = node.arguments ?? [];
    if (!code || !ts.isStringLiteral(code)) return undefined;
    if (!explanation || !ts.isObjectLiteralExpression(explanation)) return undefined;
    const part = (name: string) => words(property(explanation, name));
    return { code: code.text, what: part("what"), next: part("next") };
  }
  if (ts.isArrayLiteralExpression(node) && node.elements.length === 4) {
    const [code, what, , next] = node.elements;
    if (!code || !isCode(code) || !what || isCode(what)) return undefined;
    return { code: code.text, what: `${words(what)}: …`, next: words(next) };
  }
  return undefined;
}

function isSum(node: ts.Expression): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
}

function isCode(node: ts.Expression): node is ts.StringLiteral {
  return ts.isStringLiteral(node) && CODE.test(node.text);
}

function property(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const member of object.properties) {
    if (member.name?.getText() !== name) continue;
    if (ts.isPropertyAssignment(member)) return member.initializer;
    if (ts.isShorthandPropertyAssignment(member)) return member.name;
  }
  return undefined;
}

/** The words of an expression as far as they are known before it runs. */
function words(expression: ts.Expression | undefined): string {
  if (!expression) return "…";
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isTemplateExpression(expression)) {
    const spans = expression.templateSpans.map((span) => `…${span.literal.text}`);
    return [expression.head.text, ...spans].join("");
  }
  if (ts.isConditionalExpression(expression)) return words(expression.whenFalse);
  if (isSum(expression)) return words(expression.left) + words(expression.right);
  if (ts.isIdentifier(expression)) return words(nearestValue(expression));
  return "…";
}

/** What the constant of this name was given, in the nearest block around it. */
function nearestValue(name: ts.Identifier): ts.Expression | undefined {
  for (let node: ts.Node = name.parent; node; node = node.parent) {
    if (!ts.isBlock(node) && !ts.isSourceFile(node)) continue;
    const declared = node.statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .find((declaration) => declaration.name.getText() === name.text);
    if (declared) return declared.initializer;
  }
  return undefined;
}
