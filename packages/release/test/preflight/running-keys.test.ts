import type { Pod } from "@playbook/kube";
import { checkKeysRun } from "../../src/preflight/keys/running-keys.ts";
import type { Manifest } from "../../src/preflight/manifest.ts";
import { configMap, configOf, newKeys } from "./node-files.ts";
import { setOf } from "./sets.ts";

const maps = [configMap("files", { "config.toml": configOf(newKeys(2)) })];

/** A validator's set that has the keys of a Secret. */
function keyed(name: string, secret: string): Manifest {
  return setOf(name, { pod: { volumes: [{ name: "keys", secret: { secretName: secret } }] } });
}

/** A pod that runs, of a set or of nobody's. */
function podOf(set: string | null, secret: string, phase = "Running"): Pod {
  const { spec } = setOf("x", {
    pod: { volumes: [{ name: "keys", secret: { secretName: secret } }] },
  }).spec.template;
  const ownerReferences = set
    ? [{ kind: "StatefulSet", name: set, uid: "u", controller: true }]
    : [];
  const metadata = { name: set ? `${set}-0` : "bare", namespace: "axon", ownerReferences };
  return { apiVersion: "v1", kind: "Pod", metadata, spec, status: { phase } } as Pod;
}

function found(manifests: Manifest[], pods: Pod[]): string[] {
  const validators = new Set(["a", "b"]);
  return checkKeysRun({ manifests, validators, pods, maps }).map(
    ({ code, at, why }) => `${code} ${at}: ${/Pod \S+/.exec(why)?.[0]}`,
  );
}

const now = [podOf("a", "keys-a"), podOf("b", "keys-b")];

test("validators that keep their keys are alone with them", () => {
  expect(found([keyed("a", "keys-a"), keyed("b", "keys-b")], now)).toEqual([]);
  expect(found([keyed("a", "new-a"), keyed("b", "new-b")], now)).toEqual([]);
});

test("two that change keys sign with one while the first of them is replaced", () => {
  expect(found([keyed("a", "keys-b"), keyed("b", "keys-a")], now)).toEqual([
    "one-key-twice StatefulSet a: Pod b-0",
    "one-key-twice StatefulSet b: Pod a-0",
  ]);
});

test("a pod that is nobody's, or of another set, signs with the key of a validator", () => {
  const sets = [keyed("a", "keys-a"), keyed("b", "keys-b")];

  expect(found(sets, [...now, podOf("old", "keys-a"), podOf(null, "keys-b")])).toEqual([
    "one-key-twice StatefulSet a: Pod old-0",
    "one-key-twice StatefulSet b: Pod bare",
  ]);
  expect(found(sets, [podOf("old", "keys-a", "Succeeded")])).toEqual([]);
});

test("a pod whose set was deleted around it is the next set's of its name that selects it", () => {
  const sets = [keyed("a", "keys-a"), keyed("b", "keys-b")];
  const leftBy = (name: string, labels: Record<string, string>): Pod => {
    const pod = podOf(null, "keys-a");
    return { ...pod, metadata: { ...pod.metadata, name, labels } };
  };

  expect(found(sets, [leftBy("a-0", { app: "axon", validator: "a" })])).toEqual([]);
  expect(found(sets, [leftBy("a-0", { app: "by-hand" })])).toEqual([
    "one-key-twice StatefulSet a: Pod a-0",
  ]);
  expect(found(sets, [leftBy("c-0", { app: "axon", validator: "a" })])).toEqual([
    "one-key-twice StatefulSet a: Pod c-0",
  ]);
});

test("what is told of the sets as they are rendered is not told again of their pods", () => {
  expect(found([keyed("a", "keys-b"), keyed("b", "keys-b")], now)).toEqual([]);
});
