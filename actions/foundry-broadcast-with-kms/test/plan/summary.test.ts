import { readPlan } from "@playbook/evm";
import { graph } from "../../src/plan/graph.ts";
import { summarize } from "../../src/plan/summary.ts";

const chain = {
  name: "alpha",
  chainId: 5,
  genesis: `0x${"00".repeat(32)}`,
  firstNonce: 0,
  block: 100,
  fees: "eip1559",
  gasPrice: "2000000000",
  metadata: {
    name: "alpha",
    chainId: 5,
    rpcUrls: [{ http: "https://rpc.alpha.example" }],
    blockExplorers: [{ name: "explorer", url: "https://explorer.example" }],
  },
};

const VAULT = "0x00000000000000000000000000000000000000AA";

const step = (at: number, over: object = {}) => ({
  ...{ id: `alpha/${at}`, chain: "alpha", script: 0, nonce: at, kind: "call", to: VAULT },
  ...{ value: "0", data: "0x", gas: 130_000, label: `Vault.set(${at})`, creates: [], after: [] },
  ...{ waits: null, ...over },
});

function plan(steps: object[], chains = [chain]) {
  return readPlan(
    JSON.stringify({
      ...{ format: "playbook.plan", version: 1, sender: VAULT, commit: null },
      deployment: { repository: "khalani/vaults", environment: "production", release: "v1.2.0" },
      ...{ chains, scripts: [], steps, files: [], records: null },
    }),
  );
}

const steps = [
  step(0, { label: "new Vault()", creates: [{ address: VAULT, contract: "Vault" }] }),
  step(1, { after: ["alpha/0"], label: 'Vault.name("a|b")' }),
  step(2, { after: ["alpha/0", "alpha/1"], waits: "role", value: "1000000000000000000" }),
];
const used = new Map(steps.map(({ id }) => [id, 100_000]));
const nothing = { used, written: [], warnings: [] };

test("a plan shows what it costs, what it does and what waits for what", () => {
  const markdown = summarize(plan(steps), nothing);
  expect(markdown).toContain("## Contracts: production · v1.2.0");
  expect(markdown).toContain("| alpha | 3 | 300,000 | 1.001\u00a0ETH | 1.001\u00a0ETH |");
  expect(markdown).toContain("| 0 | `new Vault()` |  | 100,000 |");
  expect(markdown).toContain("| 2 | `Vault.set(2)` | 1 (role) | 100,000 |");
  expect(markdown).toContain(
    `| 0 | \`Vault\` | [\`${VAULT}\`](https://explorer.example/address/${VAULT}) |`,
  );
});

test("where data is charged for, beside the gas or in it, the cost is shown in its parts", () => {
  const dataPrice = { perTransaction: "0", perByte: "1000000000" };
  const rollup = {
    ...chain,
    name: "alpha",
    dataPrice,
    metadata: { ...chain.metadata, technicalStack: "opstack" },
  };
  const beside = summarize(plan(steps, [rollup]), nothing);
  expect(beside).toContain("| alpha | op | 0.0006\u00a0ETH | 0.0000006\u00a0ETH | 1\u00a0ETH |");
  expect(beside).toContain("| alpha | 3 | 300,000 | 1.001\u00a0ETH |");

  const nitro = { ...chain, metadata: { ...chain.metadata, technicalStack: "arbitrumnitro" } };
  const metered = steps.map((one) => ({ ...one, dataGas: 50_000 }));
  const within = summarize(plan(metered, [nitro]), nothing);
  expect(within).toContain("| alpha | arbitrum | 0.0003\u00a0ETH | 0.0003\u00a0ETH | 1\u00a0ETH |");
});

test("a long plan of several chains is a page of chains, each to be opened", () => {
  const beta = { ...chain, name: "beta", chainId: 6 };
  const many = ["alpha", "beta"].flatMap((name) =>
    Array.from({ length: 16 }, (_, at) => step(at, { id: `${name}/${at}`, chain: name })),
  );
  const markdown = summarize(plan(many, [chain, beta]), nothing);
  expect(markdown).toContain("<details><summary>beta: 16 steps</summary>\n\n| # | Step |");
  expect(markdown).not.toContain("### beta");
  expect(summarize(plan(many.slice(0, 16)), nothing)).toContain("### alpha");
});

test("what needs a second look stands before such a fold, once for all chains that have it", () => {
  const beta = { ...chain, name: "beta", chainId: 6 };
  const many = ["alpha", "beta"].flatMap((name) =>
    Array.from({ length: 16 }, (_, at) => {
      const waits = at === 9 ? "role" : null;
      return step(at, { id: `${name}/${at}`, chain: name, waits, label: `Vault.set(${at})` });
    }),
  );
  const markdown = summarize(plan(many, [chain, beta]), nothing);
  expect(markdown).toContain("| `Vault.set(9)` | role | alpha\u00a09, beta\u00a09 |");
  expect(markdown.indexOf("Vault.set(9)")).toBeLessThan(markdown.indexOf("<details>"));
});

test("a label cannot break the table", () => {
  expect(summarize(plan(steps), nothing)).toContain('| 1 | `Vault.name("a\\|b")` |');
});

test("a plan without steps says that nothing would change", () => {
  const markdown = summarize(plan([]), nothing);
  expect(markdown).toContain("**Nothing would change:**");
  expect(markdown).not.toContain("###");
});

test("warnings stand before anything else", () => {
  const markdown = summarize(plan(steps), { ...nothing, warnings: ["Look at this."] });
  expect(markdown.indexOf("> Look at this.")).toBeLessThan(markdown.indexOf("| Chain |"));
});

test("names of files and contracts are text and no HTML", () => {
  const written = [{ path: "<img src=x>.txt", before: undefined, after: Buffer.from("a") }];
  const odd = [step(0, { creates: [{ address: VAULT, contract: "<b>" }] })];
  const markdown = summarize(plan(odd), { ...nothing, written });
  expect(markdown).toContain("new: <code>&lt;img src=x&gt;.txt</code>");
  expect(markdown).toContain("| 0 | `<b>` |");
});

test("files show what would become of them, and cannot break out of their block", () => {
  const written = [
    { path: "config/a.txt", before: Buffer.from("old\n"), after: Buffer.from("```\nnew\n") },
  ];
  const markdown = summarize(plan(steps), { ...nothing, written });
  expect(markdown).toContain("changed: <code>config/a.txt</code>");
  expect(markdown).toContain("```diff\n- old\n+ '''\n+ new\n```");
});

describe("the picture", () => {
  test("has a box a step, and marks those that wait", () => {
    expect(graph(plan(steps))).toBe(
      [
        "flowchart LR",
        '  subgraph c0["alpha"]',
        '    s0["0: new Vault()"]',
        '    s1["1: Vault.name(#34;a|b#34;)"]',
        '    s2["2: Vault.set(2)"]',
        "  end",
        "  s0 --> s1",
        "  s1 --> s2",
        "  classDef waits stroke-width:3px",
        "  class s2 waits",
      ].join("\n"),
    );
  });

  test("shortens addresses and leaves salts out", () => {
    const label = `new Vault{salt: 0x${"12".repeat(32)}}(${VAULT})`;
    const drawn = graph(plan([steps[0] as object, step(1, { label, after: ["alpha/0"] })]));
    expect(drawn).toContain('"1: new Vault(0x0000…00AA)"');
  });

  test("is left out when there are too many steps, or nothing depends on anything", () => {
    const many = Array.from({ length: 41 }, (_, at) => step(at, { after: at ? ["alpha/0"] : [] }));
    expect(graph(plan(many))).toBeUndefined();
    expect(graph(plan([step(0), step(1)]))).toBeUndefined();
  });
});
