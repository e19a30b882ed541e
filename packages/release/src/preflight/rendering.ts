import { isDeepStrictEqual } from "node:util";
import { type Finding, warning } from "./finding.ts";
import { type Manifest, nameOf } from "./manifest.ts";

type Renderings = {
  once: readonly Manifest[];
  again: readonly Manifest[];
  /** Why what templates look up was not seen. */
  unseen: string | undefined;
};

/** Whether what is judged is what Helm is to render when it applies it. */
export function checkRendering({ once, again, unseen }: Renderings): Finding[] {
  const others = othersIn(once, again);
  return [
    ...(unseen === undefined ? [] : [lookupUnseen(unseen)]),
    ...(others.length > 0 ? [unstable(others)] : []),
  ];
}

function othersIn(once: readonly Manifest[], again: readonly Manifest[]): string[] {
  const second = new Map(again.map((one) => [nameOf(one), one]));
  const first = new Set(once.map(nameOf));
  const changed = once.filter((one) => !isDeepStrictEqual(one, second.get(nameOf(one))));
  const more = again.filter((one) => !first.has(nameOf(one)));
  return [...changed, ...more].map(nameOf);
}

function unstable(names: string[]): Finding {
  const why =
    `Rendered twice, it has not the same: ${names.join(", ")}. What is judged is not what Helm ` +
    "applies; each run makes another revision, and replaces every pod that it changes, also one " +
    "that only goes on where another has died.";
  const next =
    "Take values by chance and times out of its templates: give them by values, or let an " +
    "object that is there keep them (`lookup`).";
  return warning("render-unstable", "The chart", why, next);
}

function lookupUnseen(words: string): Finding {
  const why =
    "What its templates look up in the cluster is not seen: it is judged as if nothing were " +
    `there. ${words.replaceAll("\n", " ")}`;
  const next = "Let the role read what it looks up: Helm needs that, too, to apply it.";
  return warning("lookup-unseen", "The chart", why, next);
}
