import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { tool } from "../../../../scripts/tools.ts";
import { startProcess } from "../process.ts";
import type { Account } from "./account.ts";
import { type Backend, httpBackend } from "./backend.ts";
import type { Call } from "./call.ts";
import { kmsDouble } from "./kms-double.ts";
import type { HttpReply } from "./request.ts";

/**
 * For benchmarks: s3s-fs for S3, three times as fast as moto, and KMS in this process. Buckets have
 * no versions.
 */
export async function startFast(dir: string, account: Account): Promise<Backend> {
  const root = join(dir, "s3");
  await mkdir(root, { recursive: true });
  const server = await startProcess({
    name: "s3s-fs",
    command: await tool("s3s-fs"),
    args: ["--host", "127.0.0.1", "--port", "0", root],
    env: { RUST_LOG: "s3s_fs=info", NO_COLOR: "1" },
    ready: (output) => port(output) !== undefined,
  });
  const s3 = httpBackend(port(server.output()) ?? 0);
  const kms = kmsDouble((call, id) => account.arn("kms", `key/${id}`, call.region));
  const stop = async () => {
    s3.close();
    await server.stop();
  };
  return {
    perform: (call) => (call.service === "kms" ? kms(call) : performS3(call, s3.perform)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function port(output: string): number | undefined {
  const found = /running at http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function performS3(call: Call, perform: (call: Call) => Promise<HttpReply>) {
  if (call.operation === "PutBucketVersioning") {
    return { status: 200, headers: {}, body: Buffer.alloc(0) };
  }
  const reply = await perform(call);
  const known = call.request.headers["if-none-match"];
  // s3s-fs knows no condition of a read.
  const isKnown =
    call.operation === "GetObject" && known !== undefined && known === reply.headers.etag;
  return isKnown ? { ...reply, status: 304, body: Buffer.alloc(0) } : reply;
}
