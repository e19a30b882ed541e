import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Claim } from "../../test/proof.ts";
import { root } from "../tools.ts";
import { type Counts, resultLine } from "./report.ts";

const PAGE = join(root, "PROOF.md");
const [OPEN, CLOSE] = ["<!-- proven -->", "<!-- /proven -->"];

/** Writes the claims of a whole run into PROOF.md, with what they were made with. */
export async function writeProof(log: string, total: Counts): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const [start, end] = [page.indexOf(OPEN), page.indexOf(CLOSE)];
  if (start === -1 || end === -1) throw new Error("PROOF.md has lost its markers.");
  const text = [stamp(), claimTable(claimsIn(log)), `${resultLine(total)}.`].join("\n\n");
  await writeFile(PAGE, `${page.slice(0, start + OPEN.length)}\n${text}\n${page.slice(end)}`);
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
