import { type ChainSpec, publicKeysOf } from "@playbook/axon";
import { specIn } from "../chain/founders.ts";
import { shortened } from "../chain/places.ts";
import type { Neighbourhood, Post } from "../chain/posts.ts";
import { error, type Finding } from "../finding.ts";
import { Files } from "../pods/mounts.ts";
import { workloadOf } from "../pods/workload.ts";
import { type KeyFile, keyFilesOf } from "./key-files.ts";
import { keyIn } from "./keys.ts";

/**
 * Whether the key files that nodes read, as far as it is known what is in them, are their
 * validators'.
 */
export function checkUsedKeys(
  after: readonly Post[],
  { manifests, sets }: Pick<Neighbourhood, "manifests" | "sets">,
): Finding[] {
  const files = new Files(manifests);
  const known = { spec: specIn(manifests), after };
  return after.flatMap((post) => {
    const set = sets.find(({ metadata }) => metadata.name === post.set);
    const workload = set && workloadOf(set);
    // One file of several pods is another finding.
    if (!post.id || !workload || workload.count > 1) return [];
    return keyFilesOf(workload, files).flatMap((file) => {
      const content = files.read(file.source);
      const key = content && keyIn(content);
      return key ? checkKey({ ...file, key, id: post.id ?? "", pod: post.pod }, known) : [];
    });
  });
}

/** Of a compressed public key of secp256k1 in hex. */
const NETWORK_KEY = 68;

type Known = { spec: ChainSpec | undefined; after: readonly Post[] };

type Used = KeyFile & { key: Buffer; id: string; pod: string };

function checkKey(used: Used, { spec, after }: Known): Finding[] {
  const halves = publicKeysOf(used.key).map((half) => half.toLowerCase());
  if (used.field.startsWith("bls")) return checkBls(used, halves, spec);
  const half = halves.find((one) => one.length === NETWORK_KEY);
  if (half === undefined || half === used.id) return [];
  const owner = after.find(({ id }) => id === half)?.pod;
  const whose = owner
    ? `${owner}'s`
    : `that of ${shortened(half)}, which no pod here is said to be`;
  return [keyOfAnother(used, `the key there is ${whose}.`)];
}

function checkBls(used: Used, halves: string[], spec: ChainSpec | undefined): Finding[] {
  const all = spec?.params.verifier_list ?? [];
  const own = all.find(({ pub_key }) => pub_key.toLowerCase() === used.id);
  if (!own || halves.includes(own.bls_pub_key.toLowerCase())) return [];
  return [
    keyOfAnother(
      used,
      "the chain spec names another BLS key for it, so that nobody would take its votes.",
    ),
  ];
}

function keyOfAnother({ pod, id, field, source }: Used, what: string): Finding {
  const at = `${source.kind} ${source.name}, ${source.entry}`;
  const why = `It is said to be ${shortened(id)}. Its ${field} is ${at}: ${what}`;
  const next = "Mount its own, or correct the public key that it is said to have.";
  return error("key-of-another", pod, why, next);
}
