import { join } from "node:path";
import { table } from "@playbook/action";
import { temporaryFolder } from "@playbook/world";
import { type Measured, measure, median } from "./measured.ts";
import {
  openUiArena,
  type Place,
  TOOLS,
  type ToolName,
  type UiArena,
  type Way,
} from "./ui-arena.ts";
import { bytesOf, changeThree, makeSite, touchAll } from "./ui-site.ts";

type Say = (line: string) => void;

/** What is done to the folder before each release, one after the other. */
const STEPS: { name: string; prepare: (folder: string, version: number) => Promise<void> }[] = [
  { name: "first release", prepare: async () => {} },
  { name: "nothing changed", prepare: async () => {} },
  { name: "nothing changed, built anew", prepare: touchAll },
  { name: "three changed", prepare: changeThree },
  {
    name: "three changed, built anew",
    prepare: async (folder, version) => {
      await changeThree(folder, version);
      await touchAll(folder);
    },
  },
];

type Row = {
  step: string;
  way: Way;
  measured: Map<ToolName, Measured[]>;
};

type Count = { step: string; counts: Map<ToolName, { requests: number; bytes: number }> };

/** A site's releases by three tools to one S3 server, as tables. */
export async function benchUi(main: string, rounds: number, files: number, say: Say) {
  await using arena = await openUiArena(main);
  const size = await sizeOf(files);
  const rows = [
    ...(await timesOf(arena, "direct", rounds, files, say)),
    ...(await timesOf(arena, "late", rounds, files, say)),
  ];
  return { size, times: timeTable(rows), counts: countTable(await countsOf(arena, files)) };
}

async function timesOf(arena: UiArena, way: Way, rounds: number, files: number, say: Say) {
  const rows = STEPS.map(({ name }): Row => ({ step: name, way, measured: new Map() }));
  for (let round = 0; round < rounds; round += 1) {
    // Nobody is always the first to find a disk at rest.
    const order = TOOLS.map((_, at) => TOOLS[(at + round) % TOOLS.length] as ToolName);
    for (const name of order) {
      await release(arena, name, way, files, (step, measured) => {
        const { measured: all } = rows[step] as Row;
        all.set(name, [...(all.get(name) ?? []), measured]);
        say(`${way}, ${name}, ${STEPS[step]?.name}: ${seconds(measured.ms)}`);
      });
    }
  }
  return rows;
}

async function countsOf(arena: UiArena, files: number): Promise<Count[]> {
  const rows = STEPS.map(({ name }): Count => ({ step: name, counts: new Map() }));
  for (const name of TOOLS) {
    await release(arena, name, "counted", files, (step) => {
      rows[step]?.counts.set(name, arena.counted());
    });
  }
  return rows;
}

/** All steps of one tool, in a place and with a folder of its own. */
async function release(
  arena: UiArena,
  name: ToolName,
  way: Way,
  files: number,
  done: (step: number, measured: Measured) => void,
): Promise<void> {
  await using folder = await temporaryFolder("site");
  const site = join(folder.path, "dist");
  await makeSite(site, files);
  const place: Place = await arena.fresh();
  for (const [step, { prepare }] of STEPS.entries()) {
    await prepare(site, step);
    arena.forget();
    done(step, await measure(arena.command(name, place, site, `r${step}`, way)));
  }
}

async function sizeOf(files: number): Promise<string> {
  await using folder = await temporaryFolder("site");
  await makeSite(folder.path, files);
  return `${((await bytesOf(folder.path)) / 1e6).toFixed(1)} MB`;
}

function timeTable(rows: Row[]): string {
  const lines = rows.map(({ step, way, measured }) => {
    const [aws, s5cmd, ours] = TOOLS.map((name) =>
      median((measured.get(name) ?? []).map(({ ms }) => ms)),
    );
    const memory = TOOLS.map((name) =>
      Math.round(median((measured.get(name) ?? []).map(({ peakMiB }) => peakMiB))),
    );
    return [
      `${step}${way === "late" ? ", 30 ms an answer" : ""}`,
      ...[aws, s5cmd, ours].map((ms) => seconds(ms ?? 0)),
      `**${ratio(ours, aws)}**`,
      `**${ratio(ours, s5cmd)}**`,
      `${memory.join(", ")} MiB`,
    ];
  });
  const heads = ["", ...TOOLS, "ours / aws", "ours / s5cmd", "memory: aws, s5cmd, ours"];
  return table(heads, lines);
}

function countTable(rows: Count[]): string {
  const lines = rows.map(({ step, counts }) => [
    step,
    ...TOOLS.map((name) => counts.get(name)?.requests ?? 0),
    ...TOOLS.map((name) => kB(counts.get(name)?.bytes ?? 0)),
  ]);
  const heads = [
    "",
    ...TOOLS.map((name) => `requests: ${name}`),
    ...TOOLS.map((name) => `sent: ${name}`),
  ];
  return table(heads, lines);
}

function ratio(one = 0, other = 0): string {
  return `${(one / other).toFixed(2)}×`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function kB(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}
