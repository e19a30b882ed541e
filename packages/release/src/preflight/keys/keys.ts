import { error, type Finding } from "../finding.ts";
import { type Container, containersOf, type Manifest, nameOf, podSpecOf } from "../manifest.ts";
import { contentsOf } from "../pods/mounts.ts";
import { bytesOf, type KnownKey, LIST, NOTHING, pairsIn, Search } from "./key-search.ts";

export type { KnownKey } from "./key-search.ts";

/** Something that is written in an object: where, what it is called, and what it is. */
type Written = { place: string; name: string; content: Buffer };

type Placed = Written & { object: Manifest };

const NAMES =
  "priv(?:ate)?[._-]?key|(?:secret|signing|signer)[._-]?key|" +
  "(?:net|bls|node|validator|consensus|p2p)[._-]?key";
const KEY = `(?:(?:0x)?(?!0{64})[0-9a-fA-F]{64}\\b|[A-Za-z0-9+/]{43}=|(?!${NOTHING})${LIST})`;
const GIVEN = "[\"']?(?:\\s*[=:]\\s*|\\s+)[\"']?";
const SUFFIX = "(?![\\w.-]*(?:hash|digest|sum|sha|pub|finger|[._-]id\\b))[\\w.-]*";
const PUBLIC = "pub(?:lic)?[._-]?";
const FIELD = new RegExp(`(?:(?<!${PUBLIC})(?:${NAMES})${SUFFIX}|\\b[ps]k)${GIVEN}${KEY}`, "i");
/** One of a node's keys by what it is for alone, as nothing of a longer name. */
const BARE = new RegExp(`(?<![\\w.-])(?:net|bls|p2p|consensus)["']?\\s*[=:]\\s*["']?${KEY}`, "i");
const WORDS =
  /(?:mnemonic|seed|phrase)\w*["']?\s*[=:]\s*["']?(?:[a-z]{3,8}[ ]+){11,23}[a-z]{3,8}\b/i;
/**
 * Private keys where everybody who may read the chart's objects can read them. A hash looks like a
 * key: what counts is the name of its field or file, or that a validator's public key belongs to
 * it.
 */
export function checkKeysAreSecret(
  manifests: readonly Manifest[],
  known: readonly KnownKey[],
): Finding[] {
  const search = new Search(known);
  const all = manifests.flatMap((object) => writtenIn(object).map((one) => ({ ...one, object })));
  const open = all.filter((one) => isKey(one.object, one) || search.finds(one.content));
  const rest = all.filter((one) => !open.includes(one));
  return [
    ...open.map((one) => inTheOpen(one.object.kind, atOf(one))),
    ...rest.filter(isAnothers).map((one) => anothersInTheOpen(atOf(one))),
    ...pairsIn(rest, new Search(known)).map(([one, other]) =>
      inTheOpen(one.object.kind, one === other ? atOf(one) : `${atOf(one)} and ${atOf(other)}`),
    ),
  ];
}

function atOf({ object, place }: Placed): string {
  return `${nameOf(object)}, ${place}`;
}

/** A private key that all who may read an object can read. */
export function inTheOpen(kind: string, at: string): Finding {
  const why =
    kind === "Secret"
      ? "The chart renders a private key into it: it is in the chart's values and in Helm's " +
        "history, for all who may read those."
      : "A private key is written there, for all who may read it; what a chart renders is in " +
        "Helm's history, too.";
  const next = "Move it into a secret store with create-axon-keys, and rotate it: it is known.";
  return error("key-in-the-open", at, why, next);
}

/** Other programs have their keys in such files, which a Secret is for. */
const PEM =
  /-----BEGIN (?:(?:EC|RSA|DSA|OPENSSH) )?PRIVATE KEY-----(?:\s|\\n)+(?:[A-Za-z0-9+/=\s]|\\n){40}/;

function isAnothers({ object: { kind }, content }: Placed): boolean {
  return !/^(?:Secret|Values)$/.test(kind) && PEM.test(content.toString("latin1"));
}

function anothersInTheOpen(at: string): Finding {
  const why = "The private key of some program is written there, for all who may read it.";
  const next = "Move it into a Secret that no chart renders, and replace it: it is known.";
  return error("key-in-the-open", at, why, next);
}

/** What is called after one of a node's two keys alone. */
const HALF = /^(?:[\w.-]*[._-])?(?:net|p2p|bls)(?:[._-](?:hex|raw|sk|secret|priv))?$/i;

const ENDS_PUBLIC = new RegExp(`${PUBLIC}key$|[._-]pub$`, "i");

function isKey({ kind }: Manifest, { name, content }: Written): boolean {
  const text = `${name}=${content}`;
  if (/checksum|hash|digest|sha256/i.test(name)) return false;
  if (FIELD.test(text) || BARE.test(text) || WORDS.test(text)) return true;
  // Other things than nodes have keys as well, which a Secret may be for.
  const isNamed =
    new RegExp(NAMES, "i").test(name) ||
    HALF.test(name) ||
    (kind !== "Secret" && /key$/i.test(name));
  return isNamed && !ENDS_PUBLIC.test(name) && keyIn(content) !== undefined;
}

/**
 * The 32 bytes of a file that is a key and nothing else: as they are, in hex, in base64 or one by
 * one.
 */
export function keyIn(content: Buffer): Buffer | undefined {
  // A path of that length is no key: what is random has more than what can be printed in it.
  if (content.length === 32 && /[^\t\n\r -~]/.test(content.toString("latin1"))) return content;
  const text = content.toString().trim();
  if (/^(?:0x)?[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text.slice(-64), "hex");
  if (new RegExp(`^${LIST}$`).test(text)) return bytesOf(text);
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function writtenIn(object: Manifest): Written[] {
  const { data: _, stringData: __, binaryData: ___, metadata, ...others } = object;
  const pod = podSpecOf(object);
  return [
    ...[...contentsOf(object)].map(([name, content]) => ({ place: name, name, content })),
    ...(pod ? containersOf(pod).flatMap(writtenInContainer) : []),
    ...leavesOf(metadata.annotations, ""),
    ...leavesOf(others, ""),
  ];
}

function writtenInContainer({ name, env = [], command, args, ...others }: Container): Written[] {
  const place = `container ${name}`;
  const line = [...(command ?? []), ...(args ?? [])].join(" ");
  return [
    ...env.map(({ name: variable, value = "" }) =>
      written(`${place}, variable ${variable}`, variable, value),
    ),
    written(`${place}, command`, "", line),
    ...leavesOf(others, place),
  ];
}

/** All texts in an object, but those of containers. */
function leavesOf(value: unknown, place: string, name = ""): Written[] {
  if (typeof value === "string") return [written(place, name, value)];
  if (typeof value !== "object" || value === null) return [];
  if (isBytes(value)) return [written(place, name, JSON.stringify(value))];
  return Object.entries(value).flatMap(([key, item]) => {
    if (/^(?:containers|initContainers)$/.test(key)) return [];
    const path = Array.isArray(value) ? `${place}[${key}]` : place ? `${place}.${key}` : key;
    return leavesOf(item, path, Array.isArray(value) ? name : key);
  });
}

function isBytes(value: object): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "number");
}

function written(place: string, name: string, text: string): Written {
  return { place, name, content: Buffer.from(`${text}`) };
}
