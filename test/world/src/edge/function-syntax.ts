import { type AnyNode, parse } from "acorn";

/**
 * What JavaScript has and CloudFront's runtime 2.0 does not list among its features, by the name of
 * its node in the syntax tree:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */
const UNKNOWN = new Set([
  "ArrayPattern",
  "AssignmentPattern",
  "ChainExpression",
  "ClassDeclaration",
  "ClassExpression",
  "ExportAllDeclaration",
  "ExportDefaultDeclaration",
  "ExportNamedDeclaration",
  "ForOfStatement",
  "ImportExpression",
  "MetaProperty",
  "ObjectPattern",
  "SpreadElement",
  "YieldExpression",
]);

/** The first thing in the code that the runtime would not take. */
export function strangeSyntax(code: string): string | undefined {
  const program = parse(code, { ecmaVersion: 2022, sourceType: "module", locations: true });
  return strangeIn(program);
}

function strangeIn(node: AnyNode): string | undefined {
  const name = strange(node);
  if (name !== undefined) return `${name} (line ${node.loc?.start.line})`;
  for (const child of Object.values(node).flat()) {
    const found = isNode(child) ? strangeIn(child) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function strange(node: AnyNode): string | undefined {
  if (UNKNOWN.has(node.type)) return node.type;
  if (node.type === "ImportDeclaration" && node.source.value !== "cloudfront") {
    return `the module ${node.source.value}`;
  }
  if (node.type === "CatchClause" && !node.param) return "a catch without a binding";
  if (node.type === "Literal" && node.bigint) return "a BigInt";
  if ("operator" in node && ["??", "??=", "||=", "&&="].includes(node.operator)) {
    return node.operator;
  }
  return "generator" in node && node.generator ? "a generator" : undefined;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value;
}
