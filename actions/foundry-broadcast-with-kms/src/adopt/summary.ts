import { type Cell, code, count, table } from "@playbook/action";
import type { Address, Adoptable, Deployment } from "@playbook/evm";
import type { StoredManifest } from "../apply/manifest.ts";
import type { Survey } from "./adopt.ts";
import type { Recorded } from "./broadcast-files.ts";
import type { Finding, Match } from "./match.ts";

type Told = {
  deployment: Deployment;
  signer: Address;
  surveys: Survey[];
  /** Recorded transactions of chains that were not asked for. */
  strays: Recorded[];
  stored: StoredManifest | undefined;
  writes: boolean;
};

/** The job summary of a key that was taken over, or that would be. */
export function summarizeAdopted(told: Told): string {
  const { deployment, signer, surveys, strays, stored, writes } = told;
  const title = `${writes ? "Adopted" : "To adopt"}: ${deployment.environment}`;
  const parts = [
    `## ${title}`,
    `The key's address is ${code(signer)}.`,
    table(
      ["Chain", "On the chain", writes ? "Its ledger" : "Its ledger would be"],
      ledgers(surveys),
    ),
    records(surveys),
    left(strays),
    ending(stored, writes),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function ledgers(surveys: Survey[]): Cell[][] {
  return surveys.map(({ adoptable }): Cell[] => {
    const { chain, final, block } = adoptable.seen;
    const shown = `${count(final, "transaction")}, all final at block ${block}`;
    return [`**${chain}**`, shown, stands(adoptable)];
  });
}

function stands({ adoption, proof }: Adoptable): string {
  if (adoption.act === "begin") return `begins at nonce ${adoption.nonce}`;
  if (adoption.act === "none") return `as it is, at nonce ${adoption.nonce}`;
  const { from, upTo } = adoption;
  const last = `the last by ${proof?.hash.slice(0, 10)}… in block ${proof?.block}`;
  return `goes on at nonce ${upTo}: ${count(upTo - from, "nonce")} used by somebody else, ${last}`;
}

function records(surveys: Survey[]): string {
  const all = surveys.flatMap(({ findings }) => findings);
  if (all.length === 0) return "";
  const number = (match: Match, findings: Finding[]) =>
    findings.filter((one) => one.match === match).length;
  const rows = surveys.map(({ reachable, findings }): Cell[] => [
    `**${reachable.chain.name}**`,
    ...(["matches", "missing", "reverted", "differs"] as const).map((one) => number(one, findings)),
    findings.filter(({ isForeign }) => isForeign).length,
    findings.flatMap(({ standing }) => standing).length,
  ]);
  const head = ["Chain", "Match", "Missing", "Reverted", "Differ", "Other sender", "Contracts"];
  return ["### What forge has broadcast", table(head, rows), odd(surveys), contracts(surveys)].join(
    "\n\n",
  );
}

/** Every transaction that a person has to look at. */
function odd(surveys: Survey[]): string {
  const rows = surveys.flatMap(({ reachable, findings }) =>
    findings
      .filter(({ match }) => match !== "matches")
      .map(({ match, nonce, hash, file }): Cell[] => {
        const name = hash ? `${hash.slice(0, 10)}…` : "never sent";
        return [reachable.chain.name, nonce, code(name), match, code(file)];
      }),
  );
  if (rows.length === 0) return "Every recorded transaction is on its chain, as it was recorded.";
  const said = "What they made is not taken over:";
  return `${said}\n\n${table(["Chain", "Nonce", "Transaction", "It", "File"], rows)}`;
}

function contracts(surveys: Survey[]): string {
  const rows = surveys.flatMap(({ reachable, findings }) =>
    findings.flatMap(({ standing, hash, block }) =>
      standing.map(({ name, address }): Cell[] => {
        const sent = code(`${hash?.slice(0, 10)}…`);
        return [reachable.chain.name, code(name ?? "Unnamed"), code(address), sent, block ?? ""];
      }),
    ),
  );
  if (rows.length === 0) return "No contract of it stands.";
  return table(["Chain", "Contract", "Address", "Transaction", "Block"], rows);
}

function left(strays: Recorded[]): string {
  if (strays.length === 0) return "";
  const ids = [...new Set(strays.map(({ chainId }) => chainId))].join(", ");
  const what = count(strays.length, "recorded transaction");
  return `Left out: ${what} on chains that \`chains\` does not name (ids ${ids}).`;
}

function ending(stored: StoredManifest | undefined, writes: boolean): string {
  if (!writes)
    return "Nothing is written. Run it again with `--mode apply`, or a job with `mode: adopt`.";
  if (!stored) return "The environment's manifest stays as it is.";
  return `Manifest: \`${stored.location}\` (\`${stored.digest}\`)`;
}
