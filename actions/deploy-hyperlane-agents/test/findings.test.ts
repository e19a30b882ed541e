import type { AgentRelease } from "@playbook/hyperlane";
import type { Entry } from "../src/entry.ts";
import { type Evidence, judge } from "../src/findings.ts";
import type { Sight } from "../src/sight.ts";
import { RELEASES } from "./chart/values.ts";

const validator = RELEASES[0] as AgentRelease;
const relayer = RELEASES[24] as AgentRelease;
const { merkleTreeHook } = (validator.values.chains as Record<string, { merkleTreeHook: string }>)
  .chain1 ?? { merkleTreeHook: "" };

function seen(wanted: AgentRelease): Sight["agents"][number] {
  const { name, kind, group, address } = wanted;
  const installed = { ...wanted, revision: 1, status: "deployed" };
  const entry: Entry = { name, kind, group, address, work: null, wanted, installed };
  const signing = kind === "validator" ? SIGNING : null;
  return {
    entry,
    isReady: true,
    trouble: null,
    lacksChain: false,
    bucket: null,
    signing,
    isUnseen: false,
  };
}

const SIGNING = {
  ...{ isReady: true, isAnnounced: true, latest: 6, before: 6, count: 7 },
  newest: { isThere: true as const, flaw: null },
};

function found(
  over: Partial<Sight> = {},
  trees: Evidence["trees"] = new Map(),
  index: { from?: number } = { from: 7 },
) {
  const agents = [seen(validator), seen(relayer)];
  const nothing = { quorums: [], strangers: [], flagged: [], unknown: [], unreached: [] };
  const own = { name: "chain1", merkleTreeHook, index };
  const chains = [own] as unknown as Evidence["chains"];
  return judge({
    ...{ sight: { ...nothing, agents, ...over }, keys: new Map(), secrets: new Map() },
    ...{ funds: [], funding: null, refusals: [], trees, chains },
  });
}

test("nothing is found where all is well", () => {
  expect(found()).toEqual([]);
  expect(found({}, new Map([[validator.name, merkleTreeHook as `0x${string}`]]))).toEqual([]);
});

test("a bucket with what was signed of another tree is in the way, whoever wrote it", () => {
  const findings = found({}, new Map([[validator.name, relayer.address]]));
  expect(findings).toMatchObject([{ code: "other-tree", level: "error", at: validator.name }]);
  expect(findings[0]?.why).toContain(relayer.address);
});

test("a bucket that relayers have been told to leave is in the way, though it was announced", () => {
  const elsewhere = "s3://two/us-east-1";
  const signing = { ...SIGNING, isAnnounced: false, elsewhere };
  const [finding] = found({ agents: [{ ...seen(validator), signing }] });
  expect(finding).toMatchObject({ code: "announced-elsewhere", at: validator.name });
  expect(finding?.why).toContain(elsewhere);
});

test("a flag of somebody else's validator is in the way, by its address", () => {
  const [finding, ...others] = found({ flagged: [relayer.address] });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ code: "reorg-flag", level: "error", at: relayer.address });
});

test("a module that is not known is told where it may count on one of the list", () => {
  const unknown = (origin: string | null) => {
    const module = { chain: "chain2", address: relayer.address, origin };
    return found({ unknown: [module] }).map(({ code, level, at }) => `${level} ${code} ${at}`);
  };
  expect(unknown("chain1")).toEqual(["warning unknown-ism chain2"]);
  expect(unknown(null)).toEqual(["warning unknown-ism chain2"]);
  expect(unknown("chain3")).toEqual([]);
});

test("a chain of which nobody says where Hyperlane begins is read whole, where an agent reads it", () => {
  const unsaid = (agents: Sight["agents"]) => {
    const all = found({ agents }, new Map(), {});
    return all.map(({ code, level, at }) => `${level} ${code} ${at}`);
  };
  expect(unsaid([seen(validator)])).toEqual(["warning begins-at-zero chain1"]);
  expect(unsaid([])).toEqual([]);
});
