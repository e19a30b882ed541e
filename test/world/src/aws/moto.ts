import { fileURLToPath } from "node:url";
import { tool } from "../../../../scripts/tools.ts";
import { startProcess } from "../process.ts";
import type { Account } from "./account.ts";
import { type Backend, httpBackend } from "./backend.ts";
import type { Call } from "./call.ts";

const script = fileURLToPath(new URL("./moto_server.py", import.meta.url));

/** moto in a process of its own: real behaviour of the services, and no permissions at all. */
export async function startMoto(account: Account): Promise<Backend> {
  const python = await tool("moto");
  const server = await startProcess({
    name: "moto",
    command: python,
    args: [script],
    env: { PATH: process.env.PATH ?? "", PYTHONDONTWRITEBYTECODE: "1" },
    ready: (output) => port(output) !== undefined,
  });
  const own = port(server.output()) ?? 0;
  const { perform, close } = httpBackend(own, scope);
  const fill = async (bucket: string, keys: string[]) => {
    const body = JSON.stringify({ account: account.id, bucket, keys });
    const answer = await fetch(`http://127.0.0.1:${own}/world/fill`, { method: "POST", body });
    if (!answer.ok) throw new Error(`moto does not fill ${bucket}: ${await answer.text()}`);
  };
  const stop = async () => {
    close();
    await server.stop();
  };
  return { perform, fill, stop, [Symbol.asyncDispose]: stop };
}

function port(output: string): number | undefined {
  const found = /listening on (\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** moto looks up service and region where a signature names them. */
function scope({ service, region }: Call): string {
  const credential = `Credential=world/20260101/${region}/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=none`;
}
