/**
 * A set of the old chain that is shut: whose key it has or, where nothing says that, of how many
 * nodes.
 */
export type ShutSet = { key: string } | { nodes: number | null };

/**
 * Which of these keys are, or may be, with somebody who is not shut: as soon as there are more of
 * them than nodes whose keys nobody knows. How many a set ran that was shut by hand (null) is not
 * known either, and it is not refused for that.
 */
export function unaccounted(keys: readonly string[], shut: readonly ShutSet[]): string[] {
  const known = new Set(shut.flatMap((set) => ("key" in set ? [set.key] : [])));
  const missing = keys.filter((key) => !known.has(key));
  const unknown = shut.flatMap((set) => ("nodes" in set ? [set.nodes ?? keys.length] : []));
  const nodes = unknown.reduce((sum, each) => sum + each, 0);
  return missing.length > nodes ? missing : [];
}
