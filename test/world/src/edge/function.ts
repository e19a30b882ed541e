import { createContext, runInContext, Script } from "node:vm";
import { strangeSyntax } from "./function-syntax.ts";
import type { KeyValueStore } from "./key-value-store.ts";

/** A header, query string or cookie, as functions see it. */
export type Field = { value: string; multiValue?: { value: string }[] };
export type Fields = Record<string, Field>;

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export type FunctionRequest = {
  method: string;
  uri: string;
  querystring: Fields;
  headers: Fields;
  cookies: Fields;
};

export type FunctionEvent = {
  version: "1.0";
  context: {
    distributionDomainName: string;
    distributionId: string;
    eventType: "viewer-request";
    requestId: string;
  };
  viewer: { ip: string };
  request: FunctionRequest;
};

export type FunctionResponse = {
  statusCode: number;
  statusDescription?: string;
  headers?: Fields;
  body?: string | { encoding: "text" | "base64"; data: string };
};

export type FunctionResult =
  | { kind: "request"; request: FunctionRequest }
  | { kind: "response"; response: FunctionResponse }
  /** In CloudFront's words for its header `x-cache`. */
  | { kind: "failed"; how: "FunctionExecutionError" | "FunctionValidationError"; why: string };

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const CODE_BYTES = 10_240;
/** Far more than CloudFront lets it have, for a busy machine. */
const TIME_MS = 1_000;

const IMPORT = /^import (\w+) from (["'])cloudfront\2;?$/m;

/** A function at the edge, in a runtime that has what CloudFront's has and no more. */
export class EdgeFunction {
  readonly name: string;
  readonly #script: Script;
  readonly #store: KeyValueStore | undefined;

  /** Throws what CloudFront would say to the code as it is uploaded. */
  constructor(name: string, code: string, store?: KeyValueStore) {
    if (Buffer.byteLength(code) > CODE_BYTES) {
      throw new Error(
        `the function has ${Buffer.byteLength(code)} bytes, ${CODE_BYTES} are allowed`,
      );
    }
    const stranger = strangeSyntax(code);
    if (stranger !== undefined) throw new Error(`CloudFront's runtime does not know ${stranger}`);
    this.name = name;
    this.#store = store;
    this.#script = new Script(`${code.replace(IMPORT, "const $1 = cloudfront;")}\n;handler;`);
  }

  /** Runs it anew, as if nothing was left of the runs before. */
  async run(event: FunctionEvent, location: number): Promise<FunctionResult> {
    try {
      const handler = this.#load(location);
      const answer = await handler(JSON.stringify(event));
      return resultOf(JSON.parse(answer ?? "null"));
    } catch (error) {
      return { kind: "failed", how: "FunctionExecutionError", why: String(error) };
    }
  }

  #load(location: number): (event: string) => Promise<string | undefined> {
    const world = { cloudfront: module(this.#store, location), console: { log: () => {} } };
    const codeGeneration = { strings: false, wasm: false };
    const context = createContext(world, { codeGeneration });
    runInContext("delete globalThis.WebAssembly", context);
    context.handle = this.#script.runInContext(context, { timeout: TIME_MS });
    const call = "(async (event) => JSON.stringify(await handle(JSON.parse(event))))";
    return runInContext(call, context, { timeout: TIME_MS });
  }
}

/** What `import cf from "cloudfront"` gives. */
function module(store: KeyValueStore | undefined, location: number) {
  const read = async (key: string) => {
    const value = store?.read(location, key);
    if (value === undefined) throw new Error("KeyNotFound");
    return value;
  };
  return {
    kvs: (id?: string) => {
      if (!store || (id !== undefined && id !== store.id)) {
        throw new Error("the function is associated with no such key value store");
      }
      return {
        get: async (key: string, { format = "string" }: { format?: string } = {}) => {
          const value = await read(key);
          if (format === "json") return JSON.parse(value);
          if (format === "string") return value;
          throw new Error(`The world has no rule for the format ${format}.`);
        },
        exists: async (key: string) => store.read(location, key) !== undefined,
        count: async () => store.items.size,
      };
    },
  };
}

function resultOf(answer: unknown): FunctionResult {
  const failed = (why: string): FunctionResult => ({
    ...{ kind: "failed", how: "FunctionValidationError", why },
  });
  if (typeof answer !== "object" || answer === null) return failed("it returned no object");
  if ("statusCode" in answer) {
    const response = answer as FunctionResponse;
    const status = response.statusCode;
    if (!Number.isInteger(status) || status < 200 || status > 599)
      return failed(`status ${status}`);
    const name = strangeName(response.headers);
    return name === undefined ? { kind: "response", response } : failed(`the header ${name}`);
  }
  const request = answer as FunctionRequest;
  if (typeof request.uri !== "string" || !request.uri.startsWith("/")) return failed("its uri");
  const name = strangeName(request.headers);
  return name === undefined ? { kind: "request", request } : failed(`the header ${name}`);
}

/** A header's name that is not in lower case, or has no value. */
function strangeName(headers: Fields = {}): string | undefined {
  return Object.entries(headers).find(
    ([name, field]) => name !== name.toLowerCase() || typeof field?.value !== "string",
  )?.[0];
}
