/** What agents would stumble over in a value with RPC URLs; it says nothing of the URLs. */
export type UrlsFlaw = {
  why: string;
  /** Whether they end at their start, or lose the URL alone. */
  isFatal: boolean;
};

/**
 * What is wrong with a chain's value in a Secret, null for nothing. Agents split it at commas, and
 * read each part as browsers do: without spaces around it, and without any line break in it, so
 * that URLs on lines of their own become one.
 */
export function urlsFlaw(value: string): UrlsFlaw | null {
  if (value.trim() === "") return { why: "it is empty", isFatal: true };
  const parts = value.split(",");
  const flaws = parts.flatMap((part, at) => flawOf(part, at, parts.length) ?? []);
  const [first] = flaws;
  if (!first) return null;
  const fatal = flaws.find(({ isFatal }) => isFatal);
  return fatal ?? { ...first, isFatal: flaws.length === parts.length };
}

function flawOf(part: string, at: number, count: number): UrlsFlaw | null {
  const trimmed = part.trim();
  if (trimmed === "") return { why: nothing(at, count), isFatal: true };
  const url = URL.parse(part);
  const isFatal = url === null;
  const which = count === 1 ? "its URL" : `URL ${at + 1} of ${count}`;
  if (/\s/.test(trimmed)) {
    const why = `${which} has a line break or a space in it: between URLs, agents know commas alone`;
    return { why, isFatal };
  }
  if (url && /^https?:$/.test(url.protocol)) return null;
  const isWeb = /^https?:\/\//i.test(trimmed);
  const why = `${which} ${isWeb ? "is none" : "does not begin with https:// or http://"}`;
  return { why, isFatal };
}

function nothing(at: number, count: number): string {
  if (at === count - 1) return "nothing comes after its last comma";
  return at === 0 ? "nothing comes before its first comma" : "nothing is between two of its commas";
}
