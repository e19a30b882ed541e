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
/** Hex in base64, with or without \`0x\` and a line's end, or what is in base64 twice. */
const WRAPPED = /(?<![\w+/])[A-Za-z0-9+/]{58,90}={0,2}(?![\w+/=])/g;
const ESCAPED = /(?:\\+x[0-9a-fA-F]{2}){32}/g;

/** The bytes of such a list; undefined where one of them is none. */
export function bytesOf(list: string): Buffer | undefined {
  const numbers = list.match(new RegExp(BYTE, "g"))?.map(Number) ?? [];
  return numbers.every((one) => one < 256) ? Buffer.from(numbers) : undefined;
}

/** All 32 bytes that a text has, in whatever way it writes them. */
function bytesIn(text: string, depth = 0): Buffer[] {
  const inHex = [...text.matchAll(HEX)].map(([, digits = ""]) => Buffer.from(digits, "hex"));
  const inBase64 = [...text.matchAll(BASE64)].map(([digits]) => Buffer.from(digits, "base64"));
  const escaped = [...text.matchAll(ESCAPED)].map(([digits]) =>
    Buffer.from(digits.replace(/\\+x/g, ""), "hex"),
  );
  const listed = [...text.matchAll(LISTS)].flatMap(([list]) => bytesOf(list) ?? []);
  if (depth > 0) return [...inHex, ...inBase64, ...escaped, ...listed];
  const wrapped = [...text.matchAll(WRAPPED)].flatMap(([digits]) =>
    bytesIn(Buffer.from(digits, "base64").toString("latin1"), depth + 1),
  );
  return [...inHex, ...inBase64, ...escaped, ...listed, ...wrapped];
}

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
    return [...whole, ...bytesIn(content.toString())].some((bytes) => this.isPrivate(bytes));
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
