import { table } from "@playbook/action";
import fc from "fast-check";
import { type Toll, tollsOf, type Way } from "../../packages/bft/test/rivals.ts";
import { isCalm, type Scenario, scenarios } from "../../packages/bft/test/scenario.ts";
import { median } from "./measured.ts";

/** Always the same scenarios: what differs from run to run is the code. */
const SEED = 4;

const NAMES: Record<Way, string> = {
  ours: "helm-rollout-axon's rule",
  "all at once": "all sets applied at once",
  "helm --atomic": "`helm upgrade --atomic`",
};

type Tried = { scenario: Scenario; tolls: Record<Way, Toll> };

/** What rollouts cost a model chain, ours beside two others over the same scenarios; as a table. */
export function benchRollout(count: number): string {
  const tried = fc
    .sample(scenarios, { numRuns: count, seed: SEED })
    .map((scenario) => ({ scenario, tolls: tollsOf(scenario) }));
  const calm = tried.filter(({ scenario }) => isCalm(scenario));
  const head = ["", "blocks lost: median, mean, most", "minutes without quorum: mean, most"];
  const heads = [...head, "took the quorum away", "stands still after an hour"];
  return table(heads, [
    ...group("a sound version, and nothing else fails", calm),
    ...group("all: versions and validators fail, too", tried),
  ]);
}

function group(name: string, tried: Tried[]): string[][] {
  const ways = Object.keys(NAMES) as Way[];
  const rows = ways.map((way) => [NAMES[way], ...figures(tried.map(({ tolls }) => tolls[way]))]);
  return [[`**${name}** (${tried.length})`, "", "", "", ""], ...rows];
}

function figures(tolls: Toll[]): string[] {
  const lost = tolls.map(({ blocksLost }) => blocksLost);
  const minutes = tolls.map(({ withoutQuorum }) => withoutQuorum);
  return [
    `${median(lost)}, ${mean(lost).toFixed(0)}, ${Math.max(...lost)}`,
    `${mean(minutes).toFixed(1)}, ${Math.max(...minutes).toFixed(1)}`,
    `${tolls.filter(({ breaches }) => breaches.length > 0).length}`,
    `${tolls.filter(({ alive }) => !alive).length}`,
  ];
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
