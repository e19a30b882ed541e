import { randomId } from "../aws/keyring.ts";
import { refuse } from "../aws/refusal.ts";

export type Changes = { puts: { Key: string; Value: string }[]; deletes: string[] };

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const KEY_BYTES = 512;
const VALUE_BYTES = 1024;
const STORE_BYTES = 5 * 1024 * 1024;
const KEYS_AT_ONCE = 50;

type Items = ReadonlyMap<string, string>;

/** What an edge location knows of a store, and what is on its way there. */
type View = { items: Items; coming: { items: Items; reads: number }[] };

/**
 * Keys and values that functions read at the edge. A write is on a condition, and reaches each
 * location on its own.
 */
export class KeyValueStore {
  readonly arn: string;
  readonly id: string;
  readonly madeAt = new Date();
  changedAt = new Date();
  etag = newEtag();
  #items: Items = new Map();
  readonly #views = new Map<number, View>();
  readonly #lags: () => number[];

  constructor(arn: string, lags: () => number[]) {
    this.arn = arn;
    this.id = arn.slice(arn.indexOf("/") + 1);
    this.#lags = lags;
  }

  get items(): Items {
    return this.#items;
  }

  get bytes(): number {
    return bytesOf(this.#items);
  }

  /** All of it or nothing, and only over the version that the writer has seen. */
  change({ puts, deletes }: Changes, ifMatch: string | undefined): void {
    if (ifMatch === undefined) throw refuse(400, "ValidationException", "If-Match is missing.");
    for (const { Key, Value } of puts) checkSizes(Key, Value);
    if (puts.length + deletes.length > KEYS_AT_ONCE) {
      throw refuse(400, "ValidationException", `At most ${KEYS_AT_ONCE} keys at once.`);
    }
    if (ifMatch !== this.etag) {
      throw refuse(409, "ConflictException", "Resource is not in expected state.");
    }
    const next = new Map(this.#items);
    for (const key of deletes) next.delete(key);
    for (const { Key, Value } of puts) next.set(Key, Value);
    if (bytesOf(next) > STORE_BYTES) {
      throw refuse(402, "ServiceQuotaExceededException", "Limit exceeded.");
    }
    this.#replace(next);
  }

  /** What a function at this location reads now. */
  read(location: number, key: string): string | undefined {
    const view = this.#view(location);
    const value = view.items.get(key);
    for (const coming of view.coming) coming.reads -= 1;
    arrive(view);
    return value;
  }

  #replace(items: Items): void {
    for (const [location, reads] of this.#lags().entries()) {
      const view = this.#view(location);
      view.coming.push({ items, reads });
      arrive(view);
    }
    this.#items = items;
    this.etag = newEtag();
    this.changedAt = new Date();
  }

  #view(location: number): View {
    const view = this.#views.get(location) ?? { items: this.#items, coming: [] };
    this.#views.set(location, view);
    return view;
  }
}

function arrive(view: View): void {
  while (view.coming[0] && view.coming[0].reads <= 0) {
    view.items = view.coming.shift()?.items ?? view.items;
  }
}

function checkSizes(key: string, value: string): void {
  if (key === "" || Buffer.byteLength(key) > KEY_BYTES) {
    throw refuse(400, "ValidationException", `A key has 1 to ${KEY_BYTES} bytes.`);
  }
  if (Buffer.byteLength(value) > VALUE_BYTES) {
    throw refuse(400, "ValidationException", `A value has at most ${VALUE_BYTES} bytes.`);
  }
}

function bytesOf(items: Items): number {
  let bytes = 0;
  for (const [key, value] of items) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}

function newEtag(): string {
  return `KV${randomId(12)}`;
}
