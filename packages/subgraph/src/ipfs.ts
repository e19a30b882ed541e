import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { ActionError, type Context } from "@playbook/action";
import { z } from "zod";
import { hostOf, jsonOf, Service } from "./reach.ts";
import type { Upload } from "./upload.ts";

const added = z.object({ Hash: z.string() });

const ADD_TIMEOUT_MS = 120_000;

/** With its path, whether or not the URL that is given has it. */
export function apiOf(url: string): string {
  return url.endsWith("/api/v0") ? url : `${url}/api/v0`;
}

/** What a token is sent as: one of a name and a password, as providers have it, or a bearer's. */
export function authorizationOf(token: string): string {
  return token.includes(":") ? `Basic ${Buffer.from(token).toString("base64")}` : `Bearer ${token}`;
}

/** An IPFS node's API, at which files are added and pinned. */
export class Ipfs {
  readonly #api: string;
  readonly #host: string;
  readonly #service: Service;
  readonly #login: { authorization?: string };

  /** The token is for an API that demands one. */
  constructor(url: string, context: Context, token?: string) {
    this.#login = token ? { authorization: authorizationOf(token) } : {};
    for (const text of Object.values(this.#login)) context.mask(text.split(" ")[1] ?? "");
    this.#api = apiOf(url);
    this.#host = hostOf(url);
    const what = `IPFS at ${this.#host}`;
    this.#service = new Service({ what, unreachable: (why) => this.#unreachable(why) }, context);
  }

  /**
   * Adds a file and pins it, as graph-cli does. Throws `ipfs-unreachable`, `ipfs-refused`, and
   * `ipfs-differs` when it got another hash than the file has to have.
   */
  async add({ path, bytes, hash }: Upload): Promise<void> {
    const boundary = randomUUID();
    const type = `multipart/form-data; boundary=${boundary}`;
    const headers = { ...this.#login, "content-type": type };
    const body = form(boundary, basename(path), bytes);
    const question = { method: "POST", headers, body, timeoutMs: ADD_TIMEOUT_MS };
    const answer = await this.#service.ask(`${this.#api}/add?pin=true&cid-version=0`, question);

    if ([401, 403].includes(answer.status)) throw this.#closed(answer.status);
    const parsed = added.safeParse(jsonOf(answer));
    if (answer.status !== 200 || !parsed.success) {
      throw this.#refused(
        path,
        `It answers with status ${answer.status}: ${answer.body.slice(0, 300)}`,
      );
    }
    if (parsed.data.Hash !== hash) throw this.#differs(path, hash, parsed.data.Hash);
  }

  /** A file's bytes, by its hash. Throws `ipfs-unreachable`; undefined when it is not to be had. */
  async cat(hash: string): Promise<string | undefined> {
    const question = { method: "POST", headers: this.#login };
    const answer = await this.#service.ask(`${this.#api}/cat?arg=${hash}`, question);
    return answer.status === 200 ? answer.body : undefined;
  }

  #unreachable(why: string): ActionError {
    return new ActionError("ipfs-unreachable", {
      what: `IPFS at ${this.#host} cannot be reached.`,
      why,
      next:
        "Start it, or correct the input `ipfs`; then run this " +
        "again. What serves goes on serving.",
    });
  }

  #closed(status: number): ActionError {
    return new ActionError("ipfs-refused", {
      what: `IPFS at ${this.#host} lets nobody in without its own token.`,
      why:
        "It answers with status " +
        `${status}${this.#login.authorization ? " to the one given" : ""}.`,
      next: "Correct the secret behind `ipfs-token`: a token, or `name:password`.",
    });
  }

  #refused(path: string, why: string): ActionError {
    return new ActionError("ipfs-refused", {
      what: `IPFS at ${this.#host} does not take ${path}.`,
      why,
      next: "Give the URL of an API that may add files, of the IPFS that the node reads from.",
    });
  }

  #differs(path: string, expected: string, found: string): ActionError {
    return new ActionError("ipfs-differs", {
      what: `IPFS at ${this.#host} gives ${path} another hash than graph-cli would.`,
      why: `It has to be ${expected} and is ${found}: the node would index it as something else.`,
      next: "Set its import options back: version 0, chunks of 256 KiB, no raw leaves.",
    });
  }
}

function form(boundary: string, file: string, bytes: Uint8Array): Buffer {
  const name = encodeURIComponent(file);
  const head =
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n` +
    "content-type: application/octet-stream\r\n\r\n";
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}
