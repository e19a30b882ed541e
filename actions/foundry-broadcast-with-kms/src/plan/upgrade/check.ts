import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Address, Endpoint } from "@playbook/evm";
import type { Fork } from "../fork.ts";
import type { Names } from "../label.ts";
import type { Happened } from "../simulation.ts";
import type { Trace } from "../trace.ts";
import { findKnown, type Known, knownText, readKnown } from "./known.ts";
import { type Compiler, incompatibility, type Layout, layoutsIn } from "./layout.ts";
import { type Runtime, runtimeNamed, runtimeOf } from "./runtime.ts";
import { type Upgrade, upgradesOf } from "./upgrade.ts";
import { type Allowed, incompatible, type Judged } from "./verdict.ts";

export type Asked = Omit<Compiler, "signal"> & {
  signal: AbortSignal;
  runtimes: Runtime[];
  /** File of the project with the layouts of what stands, below the copy of the project. */
  layouts: string;
  unsafeLayouts: Allowed[];
  happened: Happened[];
  traces: Map<Happened, Trace>;
  names: Map<Fork, Names>;
};

/** An implementation, with what is known of it. */
type Implementation = { contract: string; layout: Layout; runtime?: Runtime };

/**
 * Compares, for each proxy that the release upgrades, what the standing implementation keeps where
 * with the new one, and adds the new ones to the project's file of layouts. Throws
 * `layout-incompatible`.
 */
export async function checkUpgrades(asked: Asked): Promise<Judged[]> {
  const upgrades = await upgradesOf(asked.happened, asked.traces);
  if (upgrades.length === 0) return [];

  const path = join(asked.folder, asked.layouts);
  const text = await readFile(path, "utf8").catch(() => undefined);
  const known = text === undefined ? [] : readKnown(text, asked.layouts);
  const built = await findBuilt(upgrades, asked);
  await keep(path, known, upgrades, built);

  const judged = await Promise.all(
    upgrades
      .filter(({ from }) => from !== null)
      .map((upgrade) => judge(upgrade, { known, built }, asked)),
  );
  const bad = judged.filter(({ verdict }) => verdict.kind === "incompatible");
  if (bad.length > 0) throw incompatible(bad);
  return judged;
}

type Built = { at: Map<string, Runtime>; layouts: Map<string, Layout> };

const keyOf = ({ live }: Fork, address: Address) => `${live.name} ${address}`;

/** Which contracts of the build stand at the implementations' addresses, and their layouts. */
async function findBuilt(upgrades: Upgrade[], asked: Asked): Promise<Built> {
  const { runtimes } = asked;
  const at = new Map<string, Runtime>();
  for (const fork of new Set(upgrades.map((one) => one.fork))) {
    const own = upgrades.filter((one) => one.fork === fork);
    const addresses = [...new Set(own.flatMap(({ from, to }) => (from ? [from, to] : [to])))];
    const codes = await new Endpoint(fork.rpc).codes(addresses);
    for (const [address, code] of codes) {
      const runtime = runtimeOf(code, runtimes);
      if (runtime) at.set(keyOf(fork, address), runtime);
    }
  }
  const annotated = [...at.values()].flatMap((one) => annotatedBy(one, runtimes) ?? []);
  const contracts = [...at.values(), ...annotated].map(({ contract }) => contract);
  const sources = new Set(contracts.map((one) => one.slice(0, one.lastIndexOf(":"))));
  return { at, layouts: await layoutsIn([...sources], asked) };
}

function annotatedBy({ upgradesFrom }: Runtime, runtimes: Runtime[]): Runtime | undefined {
  return upgradesFrom === null ? undefined : runtimeNamed(upgradesFrom, runtimes);
}

/**
 * The file as it will be when the release is done: what it makes stand is known to the next one.
 */
async function keep(
  path: string,
  known: Known[],
  upgrades: Upgrade[],
  built: Built,
): Promise<void> {
  const added = upgrades.flatMap(({ fork, to }) => {
    const found = implementationAt(fork, to, built);
    if (!found) return [];
    const { name: chain, chainId, genesis } = fork.live;
    const { contract, layout } = found;
    return [{ ...{ chain, chainId, genesis, address: to }, contract, layout }];
  });
  if (added.length === 0) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, knownText(known, added));
}

function implementationAt(
  fork: Fork,
  address: Address,
  { at, layouts }: Built,
): Implementation | undefined {
  const runtime = at.get(keyOf(fork, address));
  const layout = runtime && layouts.get(runtime.contract);
  return layout && { contract: runtime.contract, layout, runtime };
}

type Sources = { known: Known[]; built: Built };

async function judge(upgrade: Upgrade, sources: Sources, asked: Asked): Promise<Judged> {
  const { fork, subject, to } = upgrade;
  const from = upgrade.from as Address;
  const name = asked.names.get(fork)?.get(subject.toLowerCase()) ?? subject;
  const now = lookUp(fork, to, sources);
  const old = lookUp(fork, from, sources) ?? annotatedOld(now, sources, asked);
  const told = {
    chain: fork.live.name,
    name,
    from: old?.contract ?? from,
    to: now?.contract ?? to,
  };
  if (!old || !now) return { ...told, verdict: { kind: "unknown", missing: old ? to : from } };

  const report = await incompatibility(old.layout, now.layout);
  if (report === undefined) return { ...told, verdict: { kind: "compatible" } };
  const allowed = asked.unsafeLayouts.find((one) => isMeant(one.contract, [name, told.to]));
  if (allowed) return { ...told, verdict: { kind: "allowed", reason: allowed.reason, report } };
  return { ...told, verdict: { kind: "incompatible", report } };
}

/**
 * The project's file first: it says what stood there when it was made, whatever was edited since.
 */
function lookUp(fork: Fork, address: Address, { known, built }: Sources) {
  return findKnown(known, fork.live, address) ?? implementationAt(fork, address, built);
}

function annotatedOld(
  now: { contract: string; runtime?: Runtime } | undefined,
  { built }: Sources,
  { runtimes }: Asked,
): Implementation | undefined {
  const runtime = now?.runtime && annotatedBy(now.runtime, runtimes);
  const layout = runtime && built.layouts.get(runtime.contract);
  return layout && { contract: runtime.contract, layout };
}

function isMeant(given: string, [name = "", contract = ""]: string[]): boolean {
  const bare = name.replace(/@0x\w+$/, "").replace(/ \(proxy\)$/, "");
  const names = [name, bare, contract, contract.split(":").at(-1) ?? ""];
  return names.some((one) => one.toLowerCase() === given.toLowerCase());
}
