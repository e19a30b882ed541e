import { PUBLIC_KEY, podNameOf } from "@playbook/rollout";
import { axonIn } from "../../images.ts";
import type { Choice } from "../../validators.ts";
import { error, type Finding, warning } from "../finding.ts";
import { nameOf, type StatefulSet } from "../manifest.ts";
import { isOfRelease, type ReleaseName } from "../sets/ownership.ts";
import type { Post } from "./posts.ts";

/** Sets that run beside those that are rendered, or go with this release. */
export type Beside = {
  live: ReadonlyMap<string, StatefulSet>;
  /** Those that the release has and the chart renders no more. */
  dropped: readonly { metadata: { name: string } }[];
  after: readonly Post[];
  choice: Choice;
  /** Whether a validator of the release is there. */
  isThere: boolean;
};

/** Whether what runs already is the same chain under other names. */
export function checkBeside(beside: Beside, name: ReleaseName): Finding[] {
  return [...checkOthers(beside, name), ...checkRenamed(beside)];
}

/** Sets of nobody's, or of another release, that sign with a key of this one. */
function checkOthers({ live, after, choice }: Beside, name: ReleaseName): Finding[] {
  const rendered = new Set(after.map(({ set }) => set));
  const others = [...live.values()].filter(
    ({ metadata, spec }) =>
      !isOfRelease(metadata, name) && !rendered.has(metadata.name) && (spec.replicas ?? 1) > 0,
  );
  return others.flatMap((set): Finding[] => {
    const twin = after.find(({ id, pod }) => id && keysOf(set).includes(id) && !isPod(set, pod));
    if (twin) {
      const why =
        `It runs the key of ${twin.pod}: two that sign with one ` +
        "key sign two blocks at one height.";
      const next = "Scale it to zero and see its pods gone first, or adopt it under its own name.";
      return [error("one-key-twice", nameOf(set), why, next)];
    }
    const isUnknown = keysOf(set).length === 0 && choice.isChosen(set);
    return isUnknown && !isHelmed(set) ? [runsOn(set)] : [];
  });
}

function runsOn(set: StatefulSet): Finding {
  const why =
    "It is no release's, is chosen as a validator and not rendered: it goes on beside this.";
  const next = "See that no pod of this release has its key; stop it first where one has.";
  return warning("validator-beside", nameOf(set), why, next);
}

function isHelmed({ metadata }: StatefulSet): boolean {
  return metadata.annotations?.["meta.helm.sh/release-name"] !== undefined;
}

function keysOf({ metadata, spec }: StatefulSet): string[] {
  const template = spec.template.metadata as { annotations?: Record<string, string> } | undefined;
  const keys = [metadata.annotations?.[PUBLIC_KEY], template?.annotations?.[PUBLIC_KEY]];
  return keys.flatMap((key) => key?.toLowerCase() ?? []);
}

function isPod(set: StatefulSet, pod: string): boolean {
  return podNameOf(set, 0) === pod;
}

/** A release whose nodes all go would be judged as one that begins. */
function checkRenamed({ live, dropped, isThere }: Beside): Finding[] {
  const gone = dropped
    .flatMap(({ metadata }) => live.get(metadata.name) ?? [])
    .filter(({ spec }) => (spec.replicas ?? 1) > 0 && runsAxon(spec.template.spec.containers));
  if (isThere || gone.length === 0) return [];
  const why =
    "The release has them, and the chart renders none of that name: Helm takes them away at once " +
    "and begins anew, whatever they vote.";
  const next =
    "Keep the sets' names (`nameOverride`, or the chart's own values), or say which run " +
    'validators with "validators" and "public-keys".';
  return [error("validator-dropped", gone.map(nameOf).join(", "), why, next)];
}

function runsAxon(containers: Parameters<typeof axonIn>[0]): boolean {
  const found = axonIn(containers);
  const { name = "", image = "", command = [], args = [] } = found ?? {};
  return /axon/i.test([name, image.split("/").at(-1), ...command, ...args].join(" "));
}
