import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "@playbook/action";
import { type Address, hostOf } from "@playbook/evm";
import { keylessLines } from "./failure.ts";
import type { Fork } from "./fork.ts";
import type { Project } from "./project.ts";
import type { Recorded } from "./recording.ts";
import type { Script } from "./script.ts";
import { filesBelow } from "./tree.ts";

/** Refuses what could not be sent as it was simulated. Throws before anything is applied. */
export async function checkRecorded(
  transactions: Recorded[],
  script: Script,
  sender: Address,
  forks: Fork[],
  project: Project,
): Promise<void> {
  for (const { from, chainId, rpc, special } of transactions) {
    const fork = forks.find(({ live }) => live.chainId === chainId);
    if (!fork) throw strangeChain(script, chainId, forks);
    if (!URL.canParse(rpc) || hostOf(rpc) !== hostOf(fork.url))
      throw await passedBy(script, fork, rpc, project);
    if (from !== sender) throw await otherSender(script, from, sender, project);
    if (special) throw specialTransaction(script);
  }
}

function strangeChain({ line }: Script, chainId: number, forks: Fork[]): ActionError {
  const known = forks.map(({ live }) => `${live.name} (${live.chainId})`).join(", ");
  return new ActionError("chain-not-named", {
    what: `The script sends to a chain of id ${chainId}: ${line}`,
    why: `The release names ${known}.`,
    next: "Add the chain to the input `chains`, or correct the script.",
  });
}

/** A URL in the project's own files, with the line it stands in. */
export type Literal = { path: string; line: number; url: string };

const SEARCHED = /\.(sol|json|ya?ml|toml|txt)$/;

/** Where the project spells a host out; foundry.toml and the chains file are where it belongs. */
export async function literalsOf(hosts: string[], project: Project): Promise<Literal[]> {
  const paths = (await filesBelow(project.folder, project.apart)).filter(
    (path) => SEARCHED.test(path) && path !== "foundry.toml" && path !== project.chainsFile,
  );
  const found = await Promise.all(
    paths.map(async (path) => {
      const lines = (await readFile(join(project.folder, path), "utf8")).split("\n");
      return lines.flatMap((text, at) =>
        [...text.matchAll(/\bhttps?:\/\/[^\s"'<>)\\]+/g)]
          .map(([url]) => ({ path, line: at + 1, url }))
          .filter(({ url }) => URL.canParse(url) && hosts.includes(hostOf(url))),
      );
    }),
  );
  return found.flat();
}

async function passedBy(
  { line }: Script,
  { live }: Fork,
  rpc: string,
  project: Project,
): Promise<ActionError> {
  const host = URL.canParse(rpc) ? hostOf(rpc) : rpc;
  const [literal] = await literalsOf([host], project);
  const where = literal ? `${literal.path}:${literal.line} holds its URL` : "it holds its URL";
  return new ActionError("fork-passed-by", {
    what: `The script reaches ${live.name} by a URL of its own, at ${host}: ${line}`,
    why: `${where}, so it does not see what earlier steps of this release do, nor can its nonces be right.`,
    next: nameTheEndpoint(live.name),
  });
}

/** How a script is led to whatever endpoint it is run with. */
export function nameTheEndpoint(chain: string): string {
  const variable = `${chain.toUpperCase().replaceAll(/\W/g, "_")}_RPC_URL`;
  return [
    "Name the endpoint in foundry.toml and use that name in place of the URL:",
    "  [rpc_endpoints]",
    `  ${chain} = "\${${variable}}"`,
    `  vm.createSelectFork("${chain}"), or vm.rpcUrl("${chain}") for the URL itself`,
  ].join("\n");
}

async function otherSender(
  { line, target }: Script,
  from: Address,
  sender: Address,
  project: Project,
): Promise<ActionError> {
  const [path = ""] = target.split(":");
  const source = await readFile(join(project.folder, path), "utf8").catch(() => "");
  const lines = source.split("\n");
  const at = lines.findIndex((text) => /\bvm\s*\.\s*(startB|b)roadcast\s*\(\s*[^)\s]/.test(text));
  const found = lines[at]?.trim();
  return new ActionError("other-sender", {
    what: `The script sends from ${from} and not from the KMS key's ${sender}: ${line}`,
    why: found
      ? `${path}:${at + 1} chooses a sender itself: ${found}`
      : "Something in it chooses a sender itself: vm.startBroadcast(…) or vm.broadcast(…).",
    next: keylessLines(found ?? "vm.startBroadcast(privateKey);"),
  });
}

function specialTransaction({ line }: Script): ActionError {
  return new ActionError("unknown-transaction", {
    what: `The script makes a transaction with an authorization list or blobs: ${line}`,
    why: "A plan holds creations, calls and transfers only.",
    next: "Send that transaction by other means, and leave it out of the release.",
  });
}
