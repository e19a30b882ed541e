import { generateKeyPair, type Hex, peerIdOf, publicHalfOf } from "@playbook/axon";
import type { StatefulSet as LiveSet, Pod } from "@playbook/kube";
import { placesOf, postsOf } from "@playbook/rollout";
import { specTextOf } from "../../../axon/test/spec-text.ts";
import { judgePlaces } from "../../src/findings.ts";
import type { Manifest, StatefulSet } from "../../src/preflight/manifest.ts";
import { choiceOf } from "../../src/validators.ts";
import { setOf } from "./sets.ts";

/** Seven validators' keys, the same for all tests of a file. */
export const KEYS = Array.from({ length: 7 }, () => publicHalfOf(generateKeyPair()));

const keyOf = (at: number): Hex => (KEYS[at]?.publicKey ?? "").toLowerCase() as Hex;
export const ids = (count: number) => KEYS.slice(0, count).map((_, at) => keyOf(at));
export const votersOf = (count: number) => ids(count).map((id) => ({ id, weight: 1 }));

type Changes = Parameters<typeof setOf>[1] & { key?: string | undefined };

/** A validator's set, which says whose it is. */
export function keyedSet(name: string, at: number, changes: Changes = {}): StatefulSet {
  const { key = keyOf(at), ...rest } = changes;
  const set = setOf(name, rest);
  return { ...set, metadata: { ...set.metadata, annotations: { "axon/public-key": key } } };
}

export const keyedSets = (count: number, changes: Changes = {}) =>
  ids(count).map((_, at) => keyedSet(`axon-${at}`, at, changes));

/** As the API server has it once Helm has made it. */
export function made(set: StatefulSet, release: string | null = "axon"): StatefulSet {
  const marks = release && {
    "meta.helm.sh/release-name": release,
    "meta.helm.sh/release-namespace": "axon",
  };
  const annotations = { ...set.metadata.annotations, ...marks };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

/** What is rendered as the nodes' configuration: who is to be found where. */
export function configOf(hosts: readonly (readonly [host: string, key: number])[]): Manifest {
  const lines = hosts.map(
    ([host, key]) => `multi_address = "/dns4/${host}/tcp/8001/p2p/${peerIdOf(keyOf(key))}"`,
  );
  return { kind: "ConfigMap", metadata: { name: "files" }, data: { "c.toml": lines.join("\n") } };
}

/** The chain spec of a chain that begins with so many. */
export function specOf(count: number): Manifest {
  const text = specTextOf(KEYS.slice(0, count));
  return { kind: "ConfigMap", metadata: { name: "spec" }, data: { "spec.toml": text } };
}

type Scenario = {
  rendered: readonly StatefulSet[];
  live?: readonly StatefulSet[];
  /** How many vote; undefined where there is no chain yet. */
  voters?: number;
  named?: ReadonlyMap<string, string>;
  validators?: string;
  more?: readonly Manifest[];
};

/** What is found of places and identities, as `code at`. */
export function found(scenario: Scenario) {
  const { rendered, live = [], voters, named = new Map(), validators = "app=axon" } = scenario;
  const place = { namespace: "axon", release: "axon", publicKeys: named };
  const choice = choiceOf({ ...place, validators }, rendered);
  const names = new Set(rendered.map(({ metadata }) => metadata.name));
  const isOwn = ({ metadata }: StatefulSet) =>
    metadata.annotations?.["meta.helm.sh/release-name"] === "axon";
  const sets = live.filter(
    (set) => names.has(set.metadata.name) || (isOwn(set) && choice.isValidator(set)),
  ) as LiveSet[];
  const pods = placesOf(sets).map(({ pod }) => ({ metadata: { name: pod } }) as Pod);
  const scene = {
    sets,
    pods,
    budgets: [],
    vacancies: [],
    followers: 0,
    ...postsOf(sets, pods, named),
  };
  return judgePlaces(
    {
      manifests: [...rendered, ...(scenario.more ?? [])],
      sets: rendered.filter(choice.isValidator),
      choice,
      live: new Map(live.map((set) => [set.metadata.name, set])),
      whole: scene,
      set: voters === undefined ? undefined : votersOf(voters),
    },
    place,
  );
}
