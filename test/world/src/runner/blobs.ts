import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { bodyOf } from "./listen.ts";

/**
 * What stands behind signed URLs on GitHub: block blobs, in the part of Azure's protocol clients
 * use.
 */
export class Blobs {
  readonly #folder: string;
  readonly #types = new Map<string, string>();
  readonly #blocks = new Map<string, Map<string, Buffer>>();
  /** Signatures that were given out. */
  readonly signatures = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  create(): string {
    return randomUUID();
  }

  /** The path and query of a URL that reads or writes one blob, and needs no other token. */
  signed(id: string): string {
    this.signatures.add(signature(id));
    return `/blob/${id}?sig=${signature(id)}`;
  }

  read(id: string): Promise<Buffer> {
    return readFile(join(this.#folder, id));
  }

  async digest(id: string): Promise<{ size: number; sha256: string } | undefined> {
    const bytes = await this.read(id).catch(() => undefined);
    if (!bytes) return undefined;
    return { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }

  async handle(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = url.pathname.split("/").at(-1) ?? "";
    if (url.searchParams.get("sig") !== signature(id)) return end(response, 403);

    if (request.method === "PUT") await this.#put(id, url, request, response);
    else await this.#get(id, request, response);
  }

  async #put(id: string, url: URL, request: IncomingMessage, response: ServerResponse) {
    const body = await bodyOf(request);
    const blocks = this.#blocks.get(id) ?? new Map<string, Buffer>();

    switch (url.searchParams.get("comp")) {
      case "block":
        this.#blocks.set(id, blocks.set(url.searchParams.get("blockid") ?? "", body));
        break;
      case "blocklist": {
        const ids = [...body.toString().matchAll(/<(?:Latest|Uncommitted)>([^<]+)</g)];
        const parts = ids.map(([, block = ""]) => blocks.get(block));
        if (parts.some((part) => !part)) return end(response, 400);
        await this.#write(id, Buffer.concat(parts as Buffer[]), request);
        break;
      }
      default:
        await this.#write(id, body, request);
    }
    end(response, 201, { etag: '"1"', "x-ms-request-id": randomUUID() });
  }

  async #write(id: string, bytes: Buffer, request: IncomingMessage) {
    const declared = request.headers["x-ms-blob-content-type"] ?? request.headers["content-type"];
    this.#types.set(id, String(declared ?? "application/octet-stream"));
    this.#blocks.delete(id);
    await writeFile(join(this.#folder, id), bytes);
  }

  async #get(id: string, request: IncomingMessage, response: ServerResponse) {
    const path = join(this.#folder, id);
    const found = await stat(path).catch(() => undefined);
    if (!found) return end(response, 404);

    const range = rangeOf(request, found.size);
    const headers: Record<string, string | number> = {
      "accept-ranges": "bytes",
      "content-length": range.end - range.start + 1,
      "content-type": this.#types.get(id) ?? "application/zip",
      etag: '"1"',
      "last-modified": found.mtime.toUTCString(),
      "x-ms-blob-type": "BlockBlob",
    };
    if (range.partial) headers["content-range"] = `bytes ${range.start}-${range.end}/${found.size}`;
    response.writeHead(range.partial ? 206 : 200, headers);
    if (request.method === "HEAD" || found.size === 0) response.end();
    else await pipeline(createReadStream(path, { start: range.start, end: range.end }), response);
  }
}

const key = randomUUID();

function signature(id: string): string {
  return createHash("sha256").update(`${key} ${id}`).digest("base64url");
}

function rangeOf(request: IncomingMessage, size: number) {
  const asked = String(request.headers["x-ms-range"] ?? request.headers.range ?? "");
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(asked) ?? [];
  if (start === undefined) return { partial: false, start: 0, end: size - 1 };
  return { partial: true, start: Number(start), end: Math.min(Number(end || size - 1), size - 1) };
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}) {
  response.writeHead(status, { "content-length": 0, ...headers }).end();
}
