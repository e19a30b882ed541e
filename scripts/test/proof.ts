import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import type { Claim } from "../../test/proof.ts";
import { root } from "../tools.ts";

const PAGE = join(root, "PROOF.md");

/** What is proven together: a test's file is of the first part that it is below. */
const PARTS = {
  upgrade: /^actions\/upgrade-axon\//,
  validators: /^actions\/(change-axon-validators|create-axon-keys)\//,
  backup: /^(packages\/backup|actions\/(backup|restore)-axon)\//,
  rollout: /^(packages\/(axon|bft|kube|release|rollout)|actions\/helm-rollout-axon)\//,
  hyperlane: /^(packages\/hyperlane\/|actions\/[^/]*hyperlane[^/]*\/|test\/e2e\/hyperlane)/,
  pages: /^(packages\/(preview|site|subgraph)|actions\/[^/]*(ui|preview|subgraph)|test\/page)\//,
  ledger: /^/,
};

export type Part = keyof typeof PARTS;

export const parts = Object.keys(PARTS) as Part[];

/** The part that a test's file is of. */
export function partOf(path: string): Part {
  const file = relative(root, path);
  return parts.find((part) => PARTS[part].test(file)) ?? "ledger";
}

/** Writes the claims of a whole run into PROOF.md, with what they were made with. */
export async function writeProof(log: string): Promise<void> {
  const claims = claimsIn(log);
  let page = await readFile(PAGE, "utf8");
  for (const part of parts) {
    const own = claims.filter(({ file }) => partOf(file) === part);
    if (own.length > 0) page = withPart(page, part, `${stamp()}\n\n${claimTable(own)}`);
  }
  await writeFile(PAGE, page);
}

/** The page with a new table for one of its parts. */
export function withPart(page: string, part: Part, text: string): string {
  const [open, close] = [`<!-- proven:${part} -->`, `<!-- /proven:${part} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start === -1 || end === -1) throw new Error(`PROOF.md has lost its markers for ${part}.`);
  return `${page.slice(0, start + open.length)}\n${text}\n${page.slice(end)}`;
}

/** The claims of a log; those that say the same are one. */
function claimsIn(log: string): Claim[] {
  const found = new Map<string, Claim>();
  for (const line of log.split("\n").filter(Boolean)) {
    const claim = JSON.parse(line) as Claim;
    const known = found.get(claim.what);
    found.set(claim.what, known ? added(known, claim) : claim);
  }
  return [...found.values()];
}

function added(one: Claim, other: Claim): Claim {
  const tried = one.tried + other.tried;
  const passed = one.passed + other.passed;
  return { ...one, tried, passed, seconds: one.seconds + other.seconds };
}

/** A row for each claim, in the order of their names. */
export function claimTable(claims: Claim[]): string {
  const rows = claims
    .toSorted((one, other) => (one.what < other.what ? -1 : 1))
    .map(({ what, tried, of, passed, unit, seconds }) => {
      const all = of === undefined || of === tried ? `${tried}` : `${tried} of ${of}`;
      const end = passed === tried ? "all" : `**${passed}**`;
      return `| ${what} | ${all} ${unit} | ${end} | ${seconds.toFixed(0)} s |`;
    });
  return ["| | tried | as it should be | time |", "|---|--:|--:|--:|", ...rows].join("\n");
}

function stamp(): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root }).toString().trim();
  const commit = git("rev-parse", "--short=12", "HEAD");
  const changed = git("status", "--porcelain", "--", "packages", "actions", "test");
  const own = JSON.parse(execFileSync("cat", [join(root, "package.json")]).toString()) as {
    devDependencies: Record<string, string>;
  };
  const anvil = own.devDependencies["@foundry-rs/anvil"];
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores`;
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const tree = changed ? `${commit} with changes that were not committed` : commit;
  return `*${date} UTC, commit ${tree}; node ${process.version}, anvil ${anvil}; ${machine}.*`;
}
