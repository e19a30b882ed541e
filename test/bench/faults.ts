import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { table } from "@playbook/action";
import { temporaryFolder } from "@playbook/world";
import type { Told } from "../faults/run.ts";
import { faults } from "../faults/table.ts";

const path = (name: string) => fileURLToPath(new URL(`../faults/${name}`, import.meta.url));

/** forge mostly waits: two of it and ours beside each other load two cores. */
const WORKERS = [
  { who: "ours", part: "1/1" },
  { who: "forge", part: "1/2" },
  { who: "forge", part: "2/2" },
];

/** Does to both tools what the table of faults says, and says what became of it, as a table. */
export async function benchFaults(say: (line: string) => void): Promise<string> {
  await using folder = await temporaryFolder("faults");
  const clock = await shiftedClock(folder.path, say);
  const told = await Promise.all(
    WORKERS.map(async ({ who, part }) => ({ who, lines: await run(who, part, clock, say) })),
  );
  const of = (who: string) =>
    new Map(told.filter((one) => one.who === who).flatMap(({ lines }) => lines));
  return faultTable(of("ours"), of("forge"));
}

/** The library that sets forge's clock back; undefined where no compiler can make it. */
async function shiftedClock(
  folder: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  const library = join(folder, "shifted-clock.so");
  const args = ["-shared", "-fPIC", "-o", library, path("shifted-clock.c")];
  try {
    await promisify(execFile)("cc", args);
    return library;
  } catch {
    say("no C compiler: forge's clock is not set back");
    return undefined;
  }
}

async function run(
  who: string,
  part: string,
  clock: string | undefined,
  say: (line: string) => void,
): Promise<[string, Told][]> {
  const args = ["--disable-warning=ExperimentalWarning", path("run.ts"), who, part];
  const env = { ...process.env, ...(clock && { PLAYBOOK_CLOCK: clock }) };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const found: [string, Told][] = [];
  for await (const line of createInterface(child.stdout)) {
    const one = JSON.parse(line) as Told;
    found.push([one.name, one]);
    say(`${who}: ${one.name}: ${one.told}`);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`The faults of ${who} ended with ${code}.`);
  return found;
}

function faultTable(ours: Map<string, Told>, forge: Map<string, Told>): string {
  const rows = faults.flatMap(({ area, faults }) => [
    [`**${area}**`, "", "", ""],
    ...faults.map(({ name, none }) => {
      const { told = "not measured", again = "" } = forge.get(name) ?? {};
      const theirs = none ? [`has none: ${none}`, ""] : [told, again];
      return [name, ours.get(name)?.told ?? "not measured", ...theirs];
    }),
  ]);
  const head = ["", "apply", "forge, then `--resume`", "forge, then the same again"];
  return table(head, rows);
}
