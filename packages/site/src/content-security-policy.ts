/**
 * What the first of these directives that a policy has says; undefined when it has none of them.
 */
export function sourcesOf(policy: string, ...names: string[]): string[] | undefined {
  const directives = policy.split(";").map((directive) => directive.trim().split(/\s+/));
  for (const wanted of names) {
    const found = directives.find(([name]) => name === wanted);
    if (found) return found.slice(1);
  }
  return undefined;
}
