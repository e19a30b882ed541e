import { type Hex, publicHalfOf } from "@playbook/axon";
import { error, type Finding, warning } from "./finding.ts";
import {
  containersOf,
  type Manifest,
  nameOf,
  type PodSpec,
  podSpecOf,
  type StatefulSet,
  statefulSets,
  type Volume,
} from "./manifest.ts";

/** The public keys that a chain spec names. */
export type KnownKeys = readonly { publicKey: Hex; blsPublicKey: Hex }[];

const PRIVATE_FIELD = /\b(?:\w*priv(?:ate)?_?key\w*)["']?\s*[=:]\s*["']?(?:0x)?[0-9a-fA-F]{64}\b/i;
const SOME_KEY = Uint8Array.from({ length: 32 }, (_, index) => (index === 31 ? 1 : 0));
const HEX = /\b(?:0x)?([0-9a-fA-F]{64})\b/g;
const BASE64 = /(?<![\w+/])[A-Za-z0-9+/]{43}=/g;

/**
 * Private keys where everybody who may read the chart's objects can read them. A hash looks like a
 * key: what counts is the name of its field, or that a validator's public key belongs to it.
 */
export function checkKeysAreSecret(manifests: readonly Manifest[], known: KnownKeys): Finding[] {
  return manifests.filter(isPublic).flatMap((object) =>
    textsOf(object)
      .filter(([, text]) => PRIVATE_FIELD.test(text) || hasKeyOf(text, known))
      .map(([place]) =>
        error(
          "key-in-the-open",
          `${nameOf(object)}, ${place}`,
          "A validator's private key is written there, for all who may read it and in Helm's history.",
          "Move it into a secret store with create-axon-keys, and rotate it: it is known.",
        ),
      ),
  );
}

/** Secrets are for keys; all else that a chart renders is not. */
function isPublic({ kind }: Manifest): boolean {
  return kind !== "Secret";
}

function textsOf(object: Manifest): [string, string][] {
  const data = [...Object.entries(object.data ?? {}), ...binaryTextsOf(object)];
  const pod = podSpecOf(object);
  const written = pod ? containersOf(pod).flatMap(textsOfContainer) : [];
  const notes = Object.entries(object.metadata.annotations ?? {});
  return [...data, ...written, ...notes.map(([key, text]): [string, string] => [key, text])];
}

/** A file of 32 raw bytes, as Axon reads a key, is its base64; one of text is that text as well. */
function binaryTextsOf({ binaryData = {} }: Manifest): [string, string][] {
  return Object.entries(binaryData).map(([file, base64]) => [
    file,
    `${base64}\n${Buffer.from(base64, "base64")}`,
  ]);
}

function textsOfContainer({ name, env = [], command = [], args = [] }: PodSpec["containers"][0]) {
  const variables = env.map(({ name: variable, value }): [string, string] => [
    `container ${name}, variable ${variable}`,
    `${variable}=${value ?? ""}`,
  ]);
  const line: [string, string] = [`container ${name}, command`, [...command, ...args].join(" ")];
  return [...variables, line];
}

/** Whether some 32 bytes in a text are the private key of a public one that is known. */
function hasKeyOf(text: string, known: KnownKeys): boolean {
  const publics = new Set(
    known.flatMap(({ publicKey, blsPublicKey }) => [publicKey, blsPublicKey]),
  );
  const inHex = [...text.matchAll(HEX)].map(([, digits = ""]) => Buffer.from(digits, "hex"));
  const inBase64 = [...text.matchAll(BASE64)].map(([digits]) => Buffer.from(digits, "base64"));
  return [...inHex, ...inBase64].some((bytes) =>
    halvesOf(Uint8Array.from(bytes)).some((half) => publics.has(half)),
  );
}

/** The public keys that these bytes have, as a network key and as a BLS key. */
function halvesOf(bytes: Uint8Array): Hex[] {
  const ofNet = () => publicHalfOf({ net: bytes, bls: SOME_KEY }).publicKey;
  const ofBls = () => publicHalfOf({ net: SOME_KEY, bls: bytes }).blsPublicKey;
  return [ofNet, ofBls].flatMap((derive) => {
    try {
      return [derive()];
    } catch {
      return [];
    }
  });
}

/** Two pods that sign with one key: both sign at one height, which nothing forgives. */
export function checkKeysAreOwn(manifests: readonly Manifest[]): Finding[] {
  const owners = new Map<string, StatefulSet>();
  return statefulSets(manifests).flatMap((set): Finding[] => {
    const keys = (set.spec.template.spec.volumes ?? []).flatMap(keysOf);
    const shared = keys.find((key) => owners.has(key));
    for (const key of keys) owners.set(key, set);
    if (shared) return [keyTwice(set, shared, owners.get(shared) ?? set)];
    const many = (set.spec.replicas ?? 1) > 1;
    return many && keys[0] ? [keysInReach(set, keys[0])] : [];
  });
}

function keyTwice(set: StatefulSet, key: string, owner: StatefulSet): Finding {
  return error(
    "one-key-twice",
    nameOf(set),
    `It has the keys of ${nameOf(owner)}, ${key}: two pods would sign two blocks at one height.`,
    "Give each validator a secret of its own.",
  );
}

/** Pods of one set mount the same volumes, whichever of the keys in them each one takes. */
function keysInReach(set: StatefulSet, key: string): Finding {
  return warning(
    "keys-in-reach",
    nameOf(set),
    `Its ${set.spec.replicas} pods mount one ${key}: each can read the keys of all.`,
    "Give each validator a set of one replica and a secret of its own.",
  );
}

/** Where a volume has key files from, if they are key files. */
function keysOf({ secret, csi, projected }: Volume): string[] {
  const sources = (projected?.sources ?? []).map((source) => source.secret);
  const secrets = [secret && { name: secret.secretName, items: secret.items }, ...sources];
  const provider = csi?.volumeAttributes?.secretProviderClass;
  return [
    ...secrets.flatMap((each) => (each?.name ? [`Secret ${each.name}${itemsOf(each.items)}`] : [])),
    ...(provider ? [`SecretProviderClass ${provider}`] : []),
  ];
}

function itemsOf(items: { key: string }[] | undefined): string {
  return items ? ` (${items.map(({ key }) => key).join(", ")})` : "";
}
