import { ActionError, type Clock, realClock, reason } from "@playbook/action";
import { canonical, type Digest, digestOf } from "./json.ts";
import type { Store } from "./store.ts";

/** What every entry of a log says beside its own words. */
export type Header = {
  format: string;
  version: number;
  /** Its position, from 0. */
  index: number;
  /** Digest of the entry before it; null for the first. */
  previous: Digest | null;
  /** Random id of the run that wrote it: how a writer knows its own entry again. */
  writer: string;
};

export type Entry<Body> = Header & Body;

export type LogOptions<Body> = {
  store: Store;
  /** Where the entries lie: `<prefix>/0000000000.json` and so on. */
  prefix: string;
  format: string;
  version: number;
  writer: string;
  /** Turns an entry's stored words into a body; throws on what is none. */
  parse: (body: unknown) => Body;
  /** True for an entry that sums up all before it: reading starts at the last such entry. */
  isCheckpoint?: (body: Body) => boolean;
  clock?: Pick<Clock, "sleep">;
};

/** Another writer's entry stands where this one was to go: read on and decide again. */
export class LogLost extends Error {
  override readonly name = "LogLost";
}

const TRIES = 6;
const READS_AT_ONCE = 16;

/** Keys of one list request: what S3 gives at most. */
const PAGE = 1_000;

/**
 * An append-only log of numbered objects, each created once. Only one of several writers wins an
 * index, so the log is a lock as well as a journal. Entries are chained by digest.
 */
export class Log<Body> {
  readonly #options: LogOptions<Body>;
  #next = 0;
  #head: Digest | null = null;

  constructor(options: LogOptions<Body>) {
    this.#options = options;
  }

  /** Index that the next entry will have. */
  get next(): number {
    return this.#next;
  }

  /**
   * The entries from the last checkpoint on. Throws `log-torn` when one is missing, changed or
   * unreadable, and `log-too-new` when a later release of the library wrote it.
   */
  async read(): Promise<Entry<Body>[]> {
    // A log without entries is told from one whose entry was deleted in the same round trip.
    const first = settled(this.#checkEnd(0));
    const count = await this.#count();
    const end = count === 0 ? first : settled(this.#checkEnd(count));
    const [entries, failure] = await Promise.all([this.#readBack(count), end]);
    if (failure) throw failure.error;
    this.#next = count;
    return entries;
  }

  /**
   * How many entries there are. A long log is not listed as a whole: pages at growing distances,
   * then halved, find its end; what lies between them is older than the last checkpoint or is read
   * later.
   */
  async #count(): Promise<number> {
    let [low, high] = [0, Number.POSITIVE_INFINITY];
    for (let at = 0; low < high; at = nextPage(low, high)) {
      const found = await this.#pageAt(at);
      if (found === 0) high = at;
      else low = at + found;
      if (found > 0 && found !== PAGE) return low;
    }
    return low;
  }

  /** How many of the keys from `from` on are in one page. */
  async #pageAt(from: number): Promise<number> {
    const { store, prefix } = this.#options;
    const after = from > 0 ? this.#key(from - 1) : undefined;
    const keys = await store.list(`${prefix}/`, after, PAGE);
    this.#checkKeys(keys, from);
    return keys.length;
  }

  async #readBack(count: number): Promise<Entry<Body>[]> {
    const entries: Entry<Body>[] = [];
    let digest: Digest | null = null;
    // Where there are checkpoints the last entry is most often one.
    let size = this.#options.isCheckpoint ? 1 : READS_AT_ONCE;
    for (let end = count; end > 0; end -= size, size = READS_AT_ONCE) {
      const indices = range(Math.max(0, end - size), end);
      const stored = await Promise.all(indices.map((index) => this.#readAt(index)));
      const found = this.#takeBack(stored.reverse(), entries, digest);
      digest = found.previous;
      if (found.complete) break;
    }
    return entries;
  }

  /**
   * A listing does not show what was deleted: the newest entries would be missed by nobody. A store
   * that keeps versions says so when the next place is read.
   */
  async #checkEnd(count: number): Promise<void> {
    await this.#options.store.read(this.#key(count));
  }

  /**
   * The entries that others have added since this log was read or written, checked as `read` does.
   */
  async readOn(): Promise<Entry<Body>[]> {
    const { store, prefix } = this.#options;
    const from = this.#next;
    const after = from > 0 ? this.#key(from - 1) : undefined;
    const keys = await store.list(`${prefix}/`, after);
    this.#checkKeys(keys, from);

    const entries: Entry<Body>[] = [];
    let head = this.#head;
    for (let index = from; index < from + keys.length; index += 1) {
      const { entry, digest } = await this.#readAt(index);
      if (entry.previous !== head) throw this.#torn(index, "It does not follow what was there.");
      entries.push(entry);
      head = digest;
    }
    this.#next = from + keys.length;
    this.#head = head;
    return entries;
  }

  #checkKeys(keys: string[], from = 0): void {
    keys.forEach((key, offset) => {
      if (key !== this.#key(from + offset)) {
        throw this.#torn(from + offset, `${key} stands in its place.`);
      }
    });
  }

  /** Follows the chain of digests backwards, to a checkpoint or to the first entry. */
  #takeBack(
    stored: { entry: Entry<Body>; digest: Digest }[],
    entries: Entry<Body>[],
    expected: Digest | null,
  ): { complete: boolean; previous: Digest | null } {
    let wanted = expected;
    for (const { entry, digest } of stored) {
      if (wanted === null) this.#head = digest;
      else if (wanted !== digest)
        throw this.#torn(entry.index, "It is not what its successor saw.");
      if ((entry.index === 0) !== (entry.previous === null)) {
        throw this.#torn(entry.index, "Only the first entry has no predecessor.");
      }
      entries.unshift(entry);
      if (this.#options.isCheckpoint?.(entry)) return { complete: true, previous: entry.previous };
      wanted = entry.previous;
    }
    return { complete: false, previous: wanted };
  }

  /**
   * Appends an entry and returns once it is durable. A write whose reply is lost is settled by
   * reading. Throws `LogLost` when another writer's entry stands there, and `state-unreachable`
   * when it cannot be known: then nothing may be done that the entry was to allow.
   */
  async append(body: Body): Promise<Entry<Body>> {
    const { format, version, writer } = this.#options;
    const header = { format, version, index: this.#next, previous: this.#head, writer };
    const entry = { ...header, ...body };
    const text = canonical(entry);

    const won = await this.#create(this.#key(this.#next), text);
    if (!won) throw new LogLost(`Entry ${this.#next} of ${this.#options.prefix} is another's.`);
    this.#next += 1;
    this.#head = digestOf(text);
    return entry;
  }

  async #create(key: string, text: string): Promise<boolean> {
    const { store, clock = realClock } = this.#options;
    const bytes = Buffer.from(text);
    let failure: unknown;

    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (attempt > 0) await clock.sleep(100 * 2 ** attempt);
      try {
        if ((await store.create(key, bytes)) === "created") return true;
      } catch (error) {
        if (error instanceof ActionError) throw error;
        failure = error;
      }
      const standing = await store.read(key).catch((error: unknown) => {
        if (error instanceof ActionError) throw error;
        failure = error;
        return undefined;
      });
      if (standing) return Buffer.from(standing).equals(bytes);
    }
    throw unreachable(store, failure);
  }

  async #readAt(index: number): Promise<{ entry: Entry<Body>; digest: Digest }> {
    const { store, prefix } = this.#options;
    const bytes = await store.read(this.#key(index));
    if (!bytes) throw this.#torn(index, `It is gone from ${store.location}/${prefix}.`);
    return { entry: this.#parse(bytes, index), digest: digestOf(bytes) };
  }

  #parse(bytes: Uint8Array, index: number): Entry<Body> {
    const { format, version, parse } = this.#options;
    const value = this.#json(bytes, index);
    if (value.format !== format) throw this.#torn(index, `It is no ${format} entry.`);
    if (value.version > version) throw tooNew(this.#options.prefix, value.version, version);
    if (value.index !== index) throw this.#torn(index, `It calls itself ${value.index}.`);
    try {
      const { format: f, version: v, index: i, previous, writer, ...body } = value;
      return { format: f, version: v, index: i, previous, writer, ...parse(body) };
    } catch (error) {
      throw this.#torn(index, reason(error));
    }
  }

  #json(bytes: Uint8Array, index: number): Header {
    try {
      return JSON.parse(Buffer.from(bytes).toString()) as Header;
    } catch (error) {
      throw this.#torn(index, reason(error));
    }
  }

  #key(index: number): string {
    return `${this.#options.prefix}/${String(index).padStart(10, "0")}.json`;
  }

  #torn(index: number, why: string): ActionError {
    const { store, prefix } = this.#options;
    return new ActionError("log-torn", {
      what: `Entry ${index} of ${store.location}/${prefix} cannot be used.`,
      why,
      next: "Restore that object's first version; nothing is signed or sent until then.",
    });
  }
}

/** Where to look next for the end of a log: it has `low` entries at least and `high` at most. */
function nextPage(low: number, high: number): number {
  if (high === Number.POSITIVE_INFINITY) return 2 * low;
  return high - low <= PAGE ? low : Math.floor((low + high) / 2);
}

/** What a piece of work failed with, for whoever asks; undefined when it did not fail. */
function settled(work: Promise<void>): Promise<{ error: unknown } | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}

function unreachable(store: Store, failure: unknown): ActionError {
  return new ActionError(
    "state-unreachable",
    {
      what: `It is not known whether a write to ${store.location} took effect.`,
      why: failure ? reason(failure) : "The object was neither created nor there.",
      next: "Run this again once the state can be reached: nothing was sent that is not stored.",
    },
    { cause: failure },
  );
}

function tooNew(prefix: string, found: number, known: number): ActionError {
  return new ActionError("log-too-new", {
    what: `${prefix} was written by a later release of this library.`,
    why: `It has version ${found}; this release knows version ${known}.`,
    next: "Use that release, or a later one.",
  });
}
