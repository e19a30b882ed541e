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

/** Below 0 when the first is lower. A prerelease is as high as what it is to become. */
export function compare({ numbers: one }: Version, { numbers: other }: Version): number {
  const place = one.findIndex((number, index) => number !== other[index]);
  return place < 0 ? 0 : (one[place] ?? 0) - (other[place] ?? 0);
}

/** The newest release among a repository's tags; no prereleases. */
export function newest(tags: string[]): Version | undefined {
  return released(tags).at(-1);
}

/**
 * The lowest version after `since` whose number says what has changed. Before 1.0, minor breaks.
 */
export function lowestAfter(since: Version, changes: { breaking: boolean }[]): Version {
  const [major = 0, minor = 0, patch = 0] = since.numbers;
  if (changes.length === 0) return numbered(major, minor, patch + 1);
  const isMajor = major > 0 && changes.some(({ breaking }) => breaking);
  return isMajor ? numbered(major + 1, 0, 0) : numbered(major, minor + 1, 0);
}

function numbered(...numbers: number[]): Version {
  return readVersion(`v${numbers.join(".")}`) as Version;
}
