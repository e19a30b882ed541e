/** Parts of GitHub's contexts that the runner leaves empty, each with its value in one job. */
export type Contexts = Record<string, string>;

/**
 * A YAML value in which every mention of these contexts is replaced by its value: inside `${{ }}`,
 * and anywhere in an `if`, which is an expression by itself.
 */
export function withContexts<T>(value: T, contexts: Contexts): T {
  const names = Object.keys(contexts).map((name) => name.replaceAll(".", "\\."));
  const mention = new RegExp(`(?<![\\w.'-])(${names.join("|")})(?![\\w-])`, "gi");
  const literal = (name: string) => `'${contexts[name.toLowerCase()]?.replaceAll("'", "''")}'`;
  const inExpression = (text: string) => text.replace(mention, literal);

  const walk = (node: unknown, key?: string): unknown => {
    if (typeof node === "string") {
      return key === "if" ? inExpression(node) : node.replace(/\$\{\{.*?\}\}/gs, inExpression);
    }
    if (Array.isArray(node)) return node.map((item) => walk(item));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, walk(item, name)]));
  };
  return walk(value) as T;
}
