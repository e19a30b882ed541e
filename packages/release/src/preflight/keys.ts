import { type Hex, publicKeysOf } from "@playbook/axon";
import { error, type Finding } from "./finding.ts";
import { type Container, containersOf, type Manifest, nameOf, podSpecOf } from "./manifest.ts";
import { contentsOf } from "./mounts.ts";

/** A public key that a chain spec or a validator's set names. */
export type KnownKey = { publicKey: Hex; blsPublicKey?: Hex };

/** Something that is written in an object: where, what it is called, and what it is. */
type Written = { place: string; name: string; content: Buffer };

const NAMES =
  "priv(?:ate)?[._-]?key|secret[._-]?key|signing[._-]?key|(?:net|bls|node|validator)[._-]?key";
const KEY = "(?:(?:0x)?(?!0{64})[0-9a-fA-F]{64}\\b|[A-Za-z0-9+/]{43}=)";
const GIVEN = "[\"']?(?:\\s*[=:]\\s*|\\s+)[\"']?";
const SUFFIX = "(?![\\w.-]*(?:hash|digest|sha))[\\w.-]*";
const FIELD = new RegExp(`(?:(?:${NAMES})${SUFFIX}|\\b[ps]k)${GIVEN}${KEY}`, "i");
const WORDS =
  /(?:mnemonic|seed|phrase)\w*["']?\s*[=:]\s*["']?(?:[a-z]{3,8}[ ]+){11,23}[a-z]{3,8}\b/i;
const HEX = /\b(?:0[xX])?([0-9a-fA-F]{64})\b/g;
const BASE64 = /(?<![\w+/])[\w+/-]{43}(?![\w+/-])=?/g;
/** Hex in base64, with or without \`0x\` and a line's end, or what is in base64 twice. */
const WRAPPED = /(?<![\w+/])[A-Za-z0-9+/]{58,90}={0,2}(?![\w+/=])/g;
const ESCAPED = /(?:\\+x[0-9a-fA-F]{2}){32}/g;

/**
 * Private keys where everybody who may read the chart's objects can read them. A hash looks like a
 * key: what counts is the name of its field or file, or that a validator's public key belongs to it.
 */
export function checkKeysAreSecret(
  manifests: readonly Manifest[],
  known: readonly KnownKey[],
): Finding[] {
  const search = new Search(known);
  return manifests.flatMap((object) =>
    writtenIn(object)
      .filter((one) => isKey(object, one) || search.finds(one.content))
      .map(({ place }) => inTheOpen(object.kind, `${nameOf(object)}, ${place}`)),
  );
}

/** A private key that all who may read an object can read. */
export function inTheOpen(kind: string, at: string): Finding {
  const why =
    kind === "Secret"
      ? "The chart renders a private key into it: it is in the chart's values and in Helm's history, " +
        "for all who may read those."
      : "A private key is written there, for all who may read it and in Helm's history.";
  const next = "Move it into a secret store with create-axon-keys, and rotate it: it is known.";
  return error("key-in-the-open", at, why, next);
}

/** What is called after one of a node's two keys alone. */
const HALF = /^(?:[\w.-]*[._-])?(?:net|p2p|bls)(?:[._-](?:hex|raw|sk|secret|priv))?$/i;

function isKey({ kind }: Manifest, { name, content }: Written): boolean {
  const text = `${name}=${content}`;
  if (/checksum|hash|digest|sha256/i.test(name)) return false;
  if (FIELD.test(text) || WORDS.test(text)) return true;
  // Other things than nodes have keys as well, which a Secret may be for.
  const isNamed =
    new RegExp(NAMES, "i").test(name) ||
    HALF.test(name) ||
    (kind !== "Secret" && /key$/i.test(name));
  return isNamed && keyIn(content) !== undefined;
}

/** The 32 bytes of a file that is a key and nothing else: as they are, in hex or in base64. */
export function keyIn(content: Buffer): Buffer | undefined {
  // A path of that length is no key: what is random has more than what can be printed in it.
  if (content.length === 32 && /[^\t\n\r -~]/.test(content.toString("latin1"))) return content;
  const text = content.toString().trim();
  if (/^(?:0x)?[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text.slice(-64), "hex");
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
  return Object.entries(value).flatMap(([key, item]) => {
    if (/^(?:containers|initContainers)$/.test(key)) return [];
    const path = Array.isArray(value) ? `${place}[${key}]` : place ? `${place}.${key}` : key;
    return leavesOf(item, path, Array.isArray(value) ? name : key);
  });
}

function written(place: string, name: string, text: string): Written {
  return { place, name, content: Buffer.from(`${text}`) };
}

/** All 32 bytes that a text has, in whatever way it writes them. */
function bytesIn(text: string, depth = 0): Buffer[] {
  const inHex = [...text.matchAll(HEX)].map(([, digits = ""]) => Buffer.from(digits, "hex"));
  const inBase64 = [...text.matchAll(BASE64)].map(([digits]) => Buffer.from(digits, "base64"));
  const escaped = [...text.matchAll(ESCAPED)].map(([digits]) =>
    Buffer.from(digits.replace(/\\+x/g, ""), "hex"),
  );
  if (depth > 0) return [...inHex, ...inBase64, ...escaped];
  const wrapped = [...text.matchAll(WRAPPED)].flatMap(([digits]) =>
    bytesIn(Buffer.from(digits, "base64").toString("latin1"), depth + 1),
  );
  return [...inHex, ...inBase64, ...escaped, ...wrapped];
}

/** Deriving a public key takes a while: of more words than these in a release, the first count. */
const TRIED = 300;

/** Looks for the private keys of public ones. */
class Search {
  readonly #publics: ReadonlySet<string>;
  readonly #tried = new Map<string, boolean>();

  constructor(known: readonly KnownKey[]) {
    const all = known.flatMap(({ publicKey, blsPublicKey }) => [publicKey, blsPublicKey]);
    this.#publics = new Set(all.filter((key) => key !== undefined));
  }

  /** Whether some 32 bytes in it are such a private key. */
  finds(content: Buffer): boolean {
    if (this.#publics.size === 0) return false;
    const whole = content.length === 32 ? [content] : [];
    return [...whole, ...bytesIn(content.toString())].some((bytes) => this.#isPrivate(bytes));
  }

  #isPrivate(bytes: Buffer): boolean {
    const digits = bytes.toString("hex");
    const known = this.#tried.get(digits);
    if (known !== undefined || this.#tried.size >= TRIED) return known ?? false;
    const found = publicKeysOf(Uint8Array.from(bytes)).some((key) => this.#publics.has(key));
    this.#tried.set(digits, found);
    return found;
  }
}
