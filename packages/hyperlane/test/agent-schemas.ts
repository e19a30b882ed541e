import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tool } from "../../../scripts/tools.ts";

export type AgentSchema = "validator" | "relayer";

/**
 * What the schemas that the official CLI bundles say about agents' configurations: for each,
 * nothing or what is wrong. The CLI itself judges no more than what all agents have in common.
 */
export async function judged(all: { schema: AgentSchema; config: unknown }[]): Promise<string[]> {
  const hook = fileURLToPath(new URL("./cli-hook.mjs", import.meta.url));
  const program = await tool("hyperlane-cli");
  const child = spawn(process.execPath, ["--import", hook, program], {
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(all));
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`The CLI's schemas ended with ${code}.`);
  return JSON.parse(Buffer.concat(chunks).toString().trim().split("\n").at(-1) ?? "");
}
