import { type Hex, publicKeysOf } from "@playbook/axon";

/** A public key that a chain spec or a validator's set names. */
export type KnownKey = { publicKey: Hex; blsPublicKey?: Hex };

const BYTE = "(?:0x[0-9a-fA-F]{1,2}|\\d{1,3})";

/** 32 bytes one by one, as JSON, Rust and Go write them. */
export const LIST = `[[({]\\s*(?:${BYTE}\\s*,\\s*){31}${BYTE}\\s*,?\\s*[\\])}]`;
const LISTS = new RegExp(LIST, "g");

/** A list of zeros stands for what is filled in. */
export const NOTHING = "[[({][\\s0x,]+[\\])}]";

const HEX = /\b(?:0[xX])?([0-9a-fA-F]{64})\b/g;
const BASE64 = /(?<![\w+/])[\w+/-]{43}(?![\w+/-])=?/g;
/** Hex in base64, with or without `0x` and a line's end, or what is in base64 twice. */
const WRAPPED = /(?<![\w+/])[A-Za-z0-9+/]{58,90}={0,2}(?![\w+/=])/g;
/** A whole file in base64, in one line or in many. */
const LINES = "(?:[A-Za-z0-9+/]{60,}\\r?\\n[ \\t]*)+[A-Za-z0-9+/]*";
const FILES = new RegExp(`(?<![\\w+/])(?:${LINES}|[A-Za-z0-9+/]{91,})={0,2}(?![\\w+/=])`, "g");
const ESCAPED = /(?:\\+x[0-9a-fA-F]{2}){32}/g;
/** Bytes in hex with something between them, as openssl writes them. */
const APART = /\b[0-9a-fA-F]{2}(?:(?::\s*[0-9a-fA-F]{2})+|(?:\s+[0-9a-fA-F]{2}(?!:))+)\b/g;
const PEMS = /-----BEGIN (?:EC )?PRIVATE KEY-----((?:[A-Za-z0-9+/=\s]|\\n)*)-----END/g;

/** The bytes of such a list; undefined where one of them is none. */
export function bytesOf(list: string): Buffer | undefined {
  const numbers = list.match(new RegExp(BYTE, "g"))?.map(Number) ?? [];
  return numbers.every((one) => one < 256) ? Buffer.from(numbers) : undefined;
}

/** All 32 bytes that a text has, in whatever way it writes them. */
function bytesIn(text: string): Buffer[] {
  const wrapped = [WRAPPED, FILES].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([digits]) => {
      const decoded = Buffer.from(digits, "base64");
      return isText(decoded) ? writtenIn(decoded.toString("latin1")) : [];
    }),
  );
  return [...writtenIn(text), ...wrapped];
}

/** What no text begins with. */
function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 256).some((byte) => byte < 9);
}

function writtenIn(text: string): Buffer[] {
  return [
    ...[...text.matchAll(HEX)].map(([, digits = ""]) => Buffer.from(digits, "hex")),
    ...[...text.matchAll(BASE64)].map(([digits]) => Buffer.from(digits, "base64")),
    ...[...text.matchAll(ESCAPED)].map(([digits]) =>
      Buffer.from(digits.replace(/\\+x/g, ""), "hex"),
    ),
    ...[...text.matchAll(APART)].flatMap(([digits]) => joined(digits)),
    ...[...text.matchAll(PEMS)].flatMap(([, lines = ""]) => keysInPem(lines)),
    ...[...text.matchAll(LISTS)].flatMap(([list]) => bytesOf(list) ?? []),
  ];
}

/** 32 bytes; a zero is before those that would be a negative number without it. */
function joined(apart: string): Buffer[] {
  const digits = apart.replace(/[:\s]/g, "").replace(/^00(?=.{64}$)/, "");
  return digits.length === 64 ? [Buffer.from(digits, "hex")] : [];
}

/** In what a PEM has a private key of 32 bytes is a string of so many. */
function keysInPem(lines: string): Buffer[] {
  const content = Buffer.from(lines.replace(/\\n|\s/g, ""), "base64");
  const keys: Buffer[] = [];
  let at = content.indexOf(OF_32_BYTES);
  while (at >= 0) {
    const key = content.subarray(at + 2, at + 34);
    if (key.length === 32) keys.push(key);
    at = content.indexOf(OF_32_BYTES, at + 1);
  }
  return keys;
}

const OF_32_BYTES = Buffer.from([0x04, 0x20]);

/** Kubernetes takes no object of more bytes. */
const LARGEST = 2 ** 21;

/** Deriving a public key takes a while: of more words than these in a release, the first count. */
const TRIED = 300;

/** Looks for the private keys of public ones. */
export class Search {
  readonly #publics: ReadonlySet<string>;
  readonly #tried = new Map<string, boolean>();

  constructor(known: readonly KnownKey[]) {
    const all = known.flatMap(({ publicKey, blsPublicKey }) => [publicKey, blsPublicKey]);
    this.#publics = new Set(all.filter((key) => key !== undefined));
  }

  /** Whether any public key is known. */
  get isWorthIt(): boolean {
    return this.#publics.size > 0;
  }

  /** Whether some 32 bytes in it are such a private key. */
  finds(content: Buffer): boolean {
    if (!this.isWorthIt) return false;
    const whole = content.length === 32 ? [content] : [];
    const text = content.toString("utf8", 0, LARGEST);
    return [...whole, ...bytesIn(text)].some((bytes) => this.isPrivate(bytes));
  }

  isPrivate(bytes: Buffer): boolean {
    const digits = bytes.toString("hex");
    const known = this.#tried.get(digits);
    if (known !== undefined || this.#tried.size >= TRIED) return known ?? false;
    const found = publicKeysOf(Uint8Array.from(bytes)).some((key) => this.#publics.has(key));
    this.#tried.set(digits, found);
    return found;
  }
}

/** Half of a key in hex, which stands by itself. */
const HALVES = /(?<![0-9a-zA-Z])(?:0x)?([0-9a-fA-F]{32})(?![0-9a-zA-Z])/g;

/** Sums of files look like halves: of more than these in a release, the first count. */
const PAIRED = 12;

/** What has two halves of which one with the other is a private key, whichever comes first. */
export function pairsIn<Part extends { content: Buffer }>(
  parts: readonly Part[],
  search: Search,
): [Part, Part][] {
  if (!search.isWorthIt) return [];
  const halves = new Map<string, Part>();
  for (const part of parts) {
    for (const [, digits = ""] of part.content.toString().matchAll(HALVES)) {
      if (halves.size < PAIRED && !halves.has(digits)) halves.set(digits, part);
    }
  }
  return [...halves].flatMap(([first, one]) =>
    [...halves].flatMap(([second, other]): [Part, Part][] =>
      first !== second && search.isPrivate(Buffer.from(first + second, "hex"))
        ? [[one, other]]
        : [],
    ),
  );
}
