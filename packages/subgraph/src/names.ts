/**
 * What graph-node takes for a name: parts between slashes that begin and end with a letter or
 * digit.
 */
const NAME =
  /^(?!.*(^|\/)graphql(\/|$))[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\/[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$/;

const LONGEST = 255;

/** Whether graph-node would take it. */
export function isName(name: string): boolean {
  return (
    name.length <= LONGEST && NAME.test(name) && name.split("/").every((it) => /[a-z]/i.test(it))
  );
}

/**
 * The name of a release's own on the node: that of the subgraph, and the release's as far as the
 * node takes its characters.
 */
export function ownName(name: string, release: string): string {
  return `${name}-${release.replaceAll(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "")}`;
}
