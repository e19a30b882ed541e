import type { Blobs } from "./blobs.ts";
import { type Call, type Reply, refusal } from "./results.ts";

type Cache = { key: string; version: string; blob: string; complete: boolean };

/** Cache v2: entries by key and version: the exact key first, then the newest with that prefix. */
export class Caches {
  readonly #entries: Cache[] = [];
  readonly #blobs: Blobs;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  contents(): Promise<Buffer[]> {
    const complete = this.#entries.filter((entry) => entry.complete);
    return Promise.all(complete.map((entry) => this.#blobs.read(entry.blob)));
  }

  async answer(method: string, { message, signed }: Call): Promise<Reply> {
    const { key, version } = message as { key: string; version: string };
    const entry = this.#entries.find((known) => known.key === key && known.version === version);

    switch (method) {
      case "CreateCacheEntry": {
        if (entry) return { body: { ok: false, message: "cache entry already exists" } };
        const created = { key, version, blob: this.#blobs.create(), complete: false };
        this.#entries.push(created);
        return { body: { ok: true, signed_upload_url: signed(created.blob) } };
      }
      case "FinalizeCacheEntryUpload":
        if (!entry) return { body: { ok: false } };
        entry.complete = true;
        return { body: { ok: true, entry_id: String(this.#entries.indexOf(entry) + 1) } };
      case "GetCacheEntryDownloadURL": {
        const found = this.#find([key, ...(message.restore_keys ?? [])], version);
        if (!found) return { body: { ok: false } };
        const url = signed(found.blob);
        return { body: { ok: true, signed_download_url: url, matched_key: found.key } };
      }
    }
    return { status: 404, body: refusal("bad_route", `no method ${method}`) };
  }

  #find(keys: string[], version: string): Cache | undefined {
    const newestFirst = this.#entries
      .filter((entry) => entry.complete && entry.version === version)
      .reverse();
    for (const key of keys) {
      const exact = newestFirst.find((entry) => entry.key === key);
      const found = exact ?? newestFirst.find((entry) => entry.key.startsWith(key));
      if (found) return found;
    }
    return undefined;
  }
}
