import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "@playbook/action";
import { type Address, hostOf } from "@playbook/evm";
import { keylessLines } from "./failure.ts";
import type { Fork } from "./fork.ts";
import type { Project } from "./project.ts";
import type { Passed } from "./reached.ts";
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
  for (const { from, chainId, special } of transactions) {
    const fork = forks.find(({ live }) => live.chainId === chainId);
    if (!fork) throw strangeChain(script, chainId, forks);
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
type Literal = { path: string; line: number; url: string };

const SEARCHED = /\.(sol|json|ya?ml|toml|txt)$/;

/** Where the project spells a host out; foundry.toml and the chains file are where it belongs. */
async function literalsOf(hosts: string[], project: Project): Promise<Literal[]> {
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

/** A script that did not see what earlier ones of the release do. `scripts` is how many it has. */
export async function passedBy(
  { line }: Script,
  passed: Passed,
  project: Project,
  scripts: number,
): Promise<ActionError> {
  const { live } = passed.fork;
  return new ActionError("fork-passed-by", {
    what: `The script reaches ${live.name} by a URL of its own, at ${passed.host}: ${line}`,
    why: await unseen(passed, project),
    next: waysOut(live.name, scripts),
  });
}

/** The same as a hint, for a script that failed, perhaps for that very reason. */
export async function withHint(
  error: ActionError,
  passed: Passed,
  project: Project,
  scripts: number,
): Promise<ActionError> {
  const why = `${error.why}\n${await unseen(passed, project)}`;
  const next = `${error.next} ${waysOut(passed.fork.live.name, scripts)}`;
  return new ActionError(error.code, { what: error.what, why, next });
}

async function unseen({ fork, host }: Passed, project: Project): Promise<string> {
  const [literal] = await literalsOf([host], project);
  const where = literal ? `${literal.path}:${literal.line} holds its URL` : "It holds its URL";
  return (
    `${where}, so it does not see what earlier scripts of ` +
    `this release do on ${fork.live.name}.`
  );
}

/** How a script is led to whatever endpoint it is run with, or planned when its time has come. */
function waysOut(chain: string, scripts: number): string {
  const variable = `${chain.toUpperCase().replaceAll(/\W/g, "_")}_RPC_URL`;
  const numbers = Array.from({ length: scripts }, (_, index) => `"${index + 1}"`).join(", ");
  return [
    "Name the endpoint in foundry.toml and use that name in place of the URL:",
    "  [rpc_endpoints]",
    `  ${chain} = "\${${variable}}"`,
    `  vm.createSelectFork("${chain}"), or vm.rpcUrl("${chain}") for the URL itself`,
    "Or release stepwise, each script planned when those before it are on the chains:",
    `  strategy: { max-parallel: 1, matrix: { script: [${numbers}] } }`,
    '  with: { stepwise: "${{ matrix.script }}" }',
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
