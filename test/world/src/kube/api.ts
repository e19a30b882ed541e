import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Access } from "./kubeconfig.ts";
import type { KubeList, KubeObject } from "./object.ts";

/** What the API server answers when it does not do what it was asked. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  /** Kubernetes' word for it: `NotFound`, `Conflict`, `Forbidden`. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

const MERGE = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";

type Watcher = {
  /** A resource that is there, once for each of its states that is seen. */
  onSeen(object: KubeObject): void;
  onGone?(object: KubeObject): void;
};

/** A small client of a cluster's API, by paths: `/api/v1/namespaces/default/pods`. */
export class KubeApi implements Disposable {
  readonly #access: Access;
  readonly #agent: Agent;
  readonly #ended = new AbortController();

  constructor(access: Access) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, ca: access.ca });
  }

  get(path: string): Promise<KubeObject> {
    return this.#ask("GET", path);
  }

  async list(path: string): Promise<KubeObject[]> {
    return ((await this.#ask("GET", path)) as unknown as KubeList).items;
  }

  /** undefined when there is none. */
  find(path: string): Promise<KubeObject | undefined> {
    return this.get(path).catch(orUndefined("NotFound"));
  }

  create(path: string, object: KubeObject): Promise<KubeObject> {
    return this.#ask("POST", path, object);
  }

  replace(path: string, object: KubeObject): Promise<KubeObject> {
    return this.#ask("PUT", path, object);
  }

  /** A JSON merge patch. */
  patch(path: string, patch: object): Promise<KubeObject> {
    return this.#ask("PATCH", path, patch, MERGE);
  }

  /** Server-side apply; fields that others have are taken. */
  apply(path: string, object: KubeObject, manager = "world"): Promise<KubeObject> {
    return this.#ask("PATCH", `${path}?fieldManager=${manager}&force=true`, object, APPLY);
  }

  /** What is gone already is no error. */
  async delete(path: string, options: object = {}): Promise<void> {
    await this.#ask("DELETE", path, options).catch(orUndefined("NotFound"));
  }

  /** Whether a path answers with success; the API server's own `/readyz` for one. */
  async answers(path: string): Promise<boolean> {
    const response = await this.#send("GET", path);
    response.resume();
    return response.statusCode === 200;
  }

  /** Follows a collection until the returned function is called or the client is disposed of. */
  watch(path: string, watcher: Watcher): () => void {
    const stopped = new AbortController();
    const signal = AbortSignal.any([stopped.signal, this.#ended.signal]);
    this.#follow(path, watcher, signal);
    return () => stopped.abort();
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#agent.destroy();
  }

  async #follow(path: string, watcher: Watcher, signal: AbortSignal): Promise<void> {
    let known = new Map<string, KubeObject>();
    while (!signal.aborted) {
      try {
        const { items, metadata } = (await this.#ask("GET", path)) as unknown as KubeList;
        const listed = new Map(items.map((item) => [item.metadata.uid ?? "", item]));
        for (const [uid, gone] of known) if (!listed.has(uid)) aloud(() => watcher.onGone?.(gone));
        for (const item of items) aloud(() => watcher.onSeen(item));
        known = listed;
        await this.#stream(path, metadata.resourceVersion, signal, ({ type, object }) => {
          if (signal.aborted) return;
          const uid = object.metadata.uid ?? "";
          if (type === "DELETED") {
            known.delete(uid);
            aloud(() => watcher.onGone?.(object));
          } else {
            known.set(uid, object);
            aloud(() => watcher.onSeen(object));
          }
        });
      } catch {
        // The API server is away or has forgotten the version: all is listed anew.
        await sleep(100);
      }
    }
  }

  async #stream(
    path: string,
    version: string,
    signal: AbortSignal,
    onEvent: (event: { type: string; object: KubeObject }) => void,
  ): Promise<void> {
    const query = `watch=true&resourceVersion=${version}&allowWatchBookmarks=false`;
    const response = await this.#send("GET", `${path}?${query}`, undefined, undefined, signal);
    if (response.statusCode !== 200) throw await failure(response);
    for await (const line of createInterface({ input: response })) {
      const event = JSON.parse(line);
      if (event.type === "ERROR") return;
      onEvent(event);
    }
  }

  async #ask(method: string, path: string, body?: object, type?: string): Promise<KubeObject> {
    const response = await this.#send(method, path, body, type);
    if ((response.statusCode ?? 500) >= 300) throw await failure(response);
    return JSON.parse(await text(response)) as KubeObject;
  }

  async #send(
    method: string,
    path: string,
    body?: object,
    type = "application/json",
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { url, token } = this.#access;
    const content = body === undefined ? "" : JSON.stringify(body);
    const request = httpsRequest(`${url}${path}`, {
      method,
      agent: this.#agent,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "content-type": type,
        "content-length": Buffer.byteLength(content),
      },
      ...(signal && { signal }),
    });
    request.end(content);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.on("error", () => {});
    return response;
  }
}

/** A watcher that throws is at fault itself: that is no API server which is away. */
function aloud(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

async function failure(response: IncomingMessage): Promise<KubeError> {
  const said = await text(response);
  const status = response.statusCode ?? 0;
  try {
    const { reason = "", message = said } = JSON.parse(said);
    return new KubeError(status, reason, message);
  } catch {
    return new KubeError(status, "", said);
  }
}

/** Takes one reason for "there is none". */
export function orUndefined(reason: string) {
  return (error: unknown): undefined => {
    if (error instanceof KubeError && error.reason === reason) return undefined;
    throw error;
  };
}
