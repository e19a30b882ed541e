/** `v1.2.3`, or `v1.2.3-rc.1`, taken apart. */
export type Version = { tag: string; major: string; prerelease: boolean; numbers: number[] };

/** Reads `v1.2.3`; undefined for anything else. */
export function readVersion(text: string): Version | undefined {
  const match = /^v((\d+)\.(\d+)\.(\d+))(-[0-9A-Za-z.-]+)?$/.exec(text);
  if (!match) return undefined;
  const [, core, major, minor, patch, suffix = ""] = match;
  return {
    tag: `v${core}${suffix}`,
    major: `v${major}`,
    prerelease: suffix !== "",
    numbers: [major, minor, patch].map(Number),
  };
}

/** The highest version among a repository's tags that is lower than `version`; no prereleases. */
export function predecessor(version: Version, tags: string[]): Version | undefined {
  return released(tags)
    .filter((other) => compare(other, version) < 0)
    .at(-1);
}

/** A released version whose major tag `version` would take backwards. */
export function successor(version: Version, tags: string[]): Version | undefined {
  const after = released(tags).filter((other) => compare(other, version) > 0);
  return after.find(({ major }) => major === version.major);
}

/** In ascending order. */
function released(tags: string[]): Version[] {
  return tags
    .flatMap((tag) => readVersion(tag) ?? [])
    .filter(({ prerelease }) => !prerelease)
    .sort(compare);
}

function compare({ numbers: one }: Version, { numbers: other }: Version): number {
  const place = one.findIndex((number, index) => number !== other[index]);
  return place < 0 ? 0 : (one[place] ?? 0) - (other[place] ?? 0);
}

/** The release notes: what each commit since the last release says it does. */
export function notes(version: Version, subjects: string[], since: Version | undefined): string {
  const items = subjects.map((subject) => `- ${subject}`);
  const from = since ? `Since ${since.tag}:` : "The first release:";
  return [`## ${version.tag}`, "", from, "", ...items, ""].join("\n");
}
