// Measures this library beside its peers in one run and writes the figures into BENCHMARKS.md: `npm
// run bench [-- --rounds 3]`; `npm run bench -- faults` breaks things on purpose instead, and `npm
// run bench -- ui [--files 2000]` releases a site, and `npm run bench -- rollout` replaces the
// validators of a model chain, `npm run bench -- axon` those of a real one on a real control plane,
// `npm run bench -- restore` backs chains of three sizes up and restores them, and `npm run bench --
// hyperlane` deploys Hyperlane's core, and `npm run bench -- messages [--rounds 3]` follows
// messages over it, which one relayer brings and then two that race. PLAYBOOK_PEER_AUTH names the
// bundle of configure-aws-credentials (its dist/index.js), whose start is measured when it is
// there.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { temporaryFolder } from "@playbook/world";
import { benchAxon } from "../test/bench/axon.ts";
import { benchBroadcast, costTable, timeTable } from "../test/bench/broadcast.ts";
import { benchFaults } from "../test/bench/faults.ts";
import { benchHyperlane } from "../test/bench/hyperlane.ts";
import { benchMessages } from "../test/bench/messages.ts";
import { benchRestore } from "../test/bench/restore.ts";
import { benchResume } from "../test/bench/resume.ts";
import { benchRollout } from "../test/bench/rollout.ts";
import { benchHyperlaneSize, benchSize } from "../test/bench/size.ts";
import { benchStart } from "../test/bench/start.ts";
import { benchUi } from "../test/bench/ui.ts";
import { benchJob } from "../test/bench/ui-job.ts";
import { makeRelease } from "./release.ts";
import { foundry, root, shell } from "./tools.ts";

const PAGE = join(root, "BENCHMARKS.md");

/** Puts text between a section's markers in BENCHMARKS.md. */
async function write(section: string, text: string): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const [open, close] = [`<!-- measured:${section} -->`, `<!-- /measured:${section} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start === -1 || end === -1) throw new Error(`BENCHMARKS.md has no markers for ${section}.`);
  await writeFile(PAGE, `${page.slice(0, start + open.length)}\n${text}\n${page.slice(end)}`);
}

async function forgeVersion(): Promise<string> {
  const said = await shell(foundry("forge"), ["--version"]);
  return /(\d+\.\d+\.\d+)/.exec(said)?.[1] ?? "of unknown version";
}

const say = (line: string) => void process.stderr.write(`bench: ${line}\n`);

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    files: { type: "string", default: "2000" },
  },
  allowPositionals: true,
});
const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, node ${process.version}`;
const when = new Date().toISOString().slice(0, 10);

if (positionals[0] === "faults") {
  const told = await benchFaults(say);
  await write("faults", `*${when}, ${machine}, forge ${await forgeVersion()}.*\n\n${told}`);
  process.stdout.write(`${told}\n`);
  process.exit(0);
}

if (positionals[0] === "rollout") {
  const told = benchRollout(1000);
  await write("rollout", told);
  process.stdout.write(`${told}\n`);
  process.exit(0);
}

if (positionals[0] === "restore") {
  const told = await benchRestore(say);
  await write("restore", `*${when}, ${machine}.*\n\n${told}`);
  process.stdout.write(`${told}\n`);
  process.exit(0);
}

if (positionals[0] === "messages") {
  const { hops, races } = await benchMessages(Number(values.rounds), say);
  await write("messages", `*${when}, ${machine}.*\n\n${hops}`);
  await write("races", `*${when}, ${machine}.*\n\n${races}`);
  process.stdout.write([hops, races].join("\n\n"));
  process.exit(0);
}

if (positionals[0] === "axon") {
  const told = await benchAxon(say);
  await write("axon", `*${when}, ${machine}.*\n\n${told}`);
  process.stdout.write(`${told}\n`);
  process.exit(0);
}

const rounds = Number(values.rounds);
await using folder = await temporaryFolder("bench");
const library = join(folder.path, "library");
await mkdir(library);
await makeRelease({ version: "v0.0.1", into: library });
const mainOf = (action: string) => join(library, "actions", action, "main.mjs");
const main = mainOf("foundry-broadcast-with-kms");

const note = `*${when}, ${machine}, median of ${rounds}.*`;

if (positionals[0] === "hyperlane") {
  await write("hyperlane-size", `*${when}.*\n\n${await benchHyperlaneSize(library)}`);
  const { costs, computed } = await benchHyperlane(mainOf("deploy-hyperlane-core"), say);
  await write("hyperlane", `*${when}, ${machine}.*\n\n${costs}`);
  await write("hyperlane-computed", `*${when}, ${machine}.*\n\n${computed}`);
  process.stdout.write([costs, computed].join("\n\n"));
  process.exit(0);
}

if (positionals[0] === "ui") {
  const files = Number(values.files);
  const { size, times, counts } = await benchUi(mainOf("deploy-ui"), rounds, files, say);
  const site = `*${files.toLocaleString("en")} files, ${size}; ${note.slice(1)}`;
  await write("ui", `${site}\n\n${times}`);
  await write("ui-cost", `${site}\n\n${counts}`);
  say("the job that releases");
  const steps = await benchJob(mainOf("deploy-ui"), rounds, files);
  await write("ui-job", `${site}\n\n${steps}`);
  process.stdout.write([times, counts, steps].join("\n\n"));
  process.exit(0);
}

await write("size", `*${when}.*\n\n${await benchSize(library)}`);
say("starting actions");
const starts = await benchStart(main, process.env.PLAYBOOK_PEER_AUTH, rounds * 3);
await write("start", `${note}\n\n${starts}`);
say("broadcasting");
const rows = await benchBroadcast(main, rounds, say);
await write("broadcast", `${note}\n\n${timeTable(rows)}`);
await write("cost", `${note}\n\n${costTable(rows)}`);
say("resuming");
const resumed = await benchResume(main, rounds, say);
await write("resume", `${note}\n\n${resumed}`);
process.stdout.write([timeTable(rows), costTable(rows), resumed, starts].join("\n\n"));
process.exit(0);
