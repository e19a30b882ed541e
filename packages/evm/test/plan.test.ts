import {
  type Address,
  type Plan,
  planDigest,
  planText,
  readChains,
  readPlan,
  stepsOn,
} from "../src/index.ts";
import { GENESIS, GWEI, SIGNER, step } from "./standing.ts";

function planOf(over: Partial<Plan> = {}): Plan {
  const entry = { name: "a", chainId: 1, rpcUrls: [{ http: "http://a" }] };
  const [metadata] = readChains(JSON.stringify(entry), "a");
  return {
    format: "playbook.plan",
    version: 1,
    deployment: { repository: "acme/vault", environment: "production", release: "v1" },
    sender: SIGNER,
    commit: null,
    chains: [
      {
        name: "a",
        chainId: 1,
        genesis: GENESIS,
        firstNonce: 0,
        block: 3,
        fees: "eip1559",
        gasPrice: 2n * GWEI,
        metadata: metadata as Plan["chains"][number]["metadata"],
      },
    ],
    scripts: [
      {
        line: "script/Deploy.s.sol",
        target: "script/Deploy.s.sol",
        signature: null,
        arguments: [],
      },
    ],
    steps: [step(0), step(1), step(2)],
    files: [],
    records: null,
    ...over,
  };
}

const why = (text: string): string => {
  try {
    readPlan(text);
    return "read";
  } catch (error) {
    expect(error).toMatchObject({ code: "plan-unreadable" });
    return (error as { why: string }).why;
  }
};

test("a plan is read back as it was written", () => {
  expect(readPlan(planText(planOf()))).toEqual(planOf());
  const rights = { contracts: [], roles: { "3": "KEEPER" }, keeps: [], held: [] };
  const newer = planOf({ version: 2, rights });
  expect(readPlan(planText(newer))).toEqual(newer);
});

test("a plan of version 1 has the digest that it always had", () => {
  expect(planDigest(planOf())).toBe(
    "sha256:7882e35614ef52928755fef0364e4c9b0575aabea552a961654941c23fd1b0c4",
  );
});

test("equal plans have one text and one digest, whatever the order of their fields", () => {
  const plan = planOf();
  const turned = Object.fromEntries(Object.entries(plan).reverse()) as Plan;
  expect(planText(turned)).toBe(planText(plan));
  expect(planDigest(turned)).toBe(planDigest(plan));
});

test("its digest is that of its text as anybody computes it", async () => {
  const bytes = new TextEncoder().encode(planText(planOf()));
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
  expect(planDigest(planOf())).toBe(`sha256:${hash}`);
});

test.each<[string, (plan: Plan) => Partial<Plan>]>([
  ["a wei of value", ({ steps }) => ({ steps: steps.with(1, step(1, { value: 1n })) })],
  ["a byte of data", ({ steps }) => ({ steps: steps.with(1, step(1, { data: "0x00" })) })],
  ["an order", ({ steps }) => ({ steps: steps.toReversed() })],
  ["what waits", ({ steps }) => ({ steps: steps.with(1, step(1, { waits: "role" })) })],
  ["a sender", () => ({ sender: `0x${"35".repeat(20)}` as Address })],
])("a plan that differs in %s has another digest", (_, change) => {
  const plan = planOf();
  expect(planDigest({ ...plan, ...change(plan) })).not.toBe(planDigest(plan));
});

test.each<[string, Partial<Plan>, string]>([
  [
    "a nonce out of line",
    { steps: [step(0), step(1, { nonce: 2 })] },
    "Step a/1 has nonce 2 where 1 is due.",
  ],
  [
    "steps out of order",
    { steps: [step(1, { after: [] }), step(0)] },
    "Step a/1 has nonce 1 where 0 is due.",
  ],
  [
    "a dependency on what comes later",
    { steps: [step(0, { after: ["a/1"] }), step(1, { after: [] })] },
    "Step a/0 comes after a/1, which is no earlier step of a.",
  ],
  [
    "a dependency on itself",
    { steps: [step(0, { after: ["a/0"] })] },
    "Step a/0 comes after a/0, which is no earlier step of a.",
  ],
  [
    "a dependency on nothing",
    { steps: [step(0, { after: ["b/0"] })] },
    "Step a/0 comes after b/0, which is no earlier step of a.",
  ],
  [
    "a step of no chain",
    { steps: [step(0, { chain: "b" })] },
    "Step a/0 is for b, which the plan does not have.",
  ],
  ["one id twice", { steps: [step(0), step(1, { id: "a/0" })] }, "Two steps have one id."],
  [
    "one chain twice",
    { chains: [...planOf().chains, ...planOf().chains] },
    "It names a chain twice: a, a.",
  ],
])("a plan with %s is refused", (_, over, expected) => {
  expect(why(planText(planOf(over)))).toBe(expected);
});

test.each<[string, string]>([
  ["", "Unexpected end of JSON input"],
  ["[]", "["],
  [
    planText(planOf()).replace('"version":1', '"version":3'),
    "It has version 3; this release reads versions to 2.",
  ],
])("what is no plan of ours is refused: %#", (text, expected) => {
  expect(why(text)).toContain(expected);
});

test("a chain's steps are those of the chain, in order", () => {
  const other = step(0, { id: "b/0", chain: "b" });
  const plan = planOf({ steps: [step(0), other, step(1)] });
  expect(stepsOn(plan, "a").map(({ id }) => id)).toEqual(["a/0", "a/1"]);
});

describe("a plan that is a part of its release", () => {
  const deployment = (part?: number) => ({ ...planOf().deployment, ...(part && { part }) });
  const stepwise = { scripts: ["script/One.s.sol", "script/Two.s.sol"], after: null };
  const second = { ...stepwise, after: planDigest(planOf()) };

  test("says which, of what, and what it follows", () => {
    const part = planOf({ version: 2, deployment: deployment(2), stepwise: second });
    expect(readPlan(planText(part))).toEqual(part);
  });

  test.each<[string, Partial<Plan>]>([
    ["It has version 1", { version: 1, deployment: deployment(1), stepwise }],
    ["does not say what it is a part of", { deployment: deployment(1) }],
    ["does not say what it is a part of", { stepwise }],
    ["It is part 3 of 2.", { deployment: deployment(3), stepwise: second }],
    ["Only the first part follows none.", { deployment: deployment(1), stepwise: second }],
    ["Only the first part follows none.", { deployment: deployment(2), stepwise }],
  ])("is refused when it contradicts itself: %s", (expected, over) => {
    expect(why(planText(planOf({ version: 2, ...over })))).toContain(expected);
  });
});
