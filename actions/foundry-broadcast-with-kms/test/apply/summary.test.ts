import { type ChainDone, readPlan } from "@playbook/evm";
import { summarize } from "../../src/apply/summary.ts";

const VAULT = "0x00000000000000000000000000000000000000AA";
const PROXY = "0x00000000000000000000000000000000000000bb";
const HASH = `0x${"12".repeat(32)}`;
const LINK = "https://explorer.example";

const chain = (name: string, chainId: number) => ({
  ...{ name, chainId, genesis: `0x${"00".repeat(32)}`, firstNonce: 0, block: 100 },
  ...{ fees: "eip1559", gasPrice: "2000000000" },
  metadata: {
    ...{ name, chainId, rpcUrls: [{ http: "https://rpc.example" }] },
    blockExplorers: [{ name: "explorer", url: LINK }],
  },
});

const step = (chain: string, at: number, over: object = {}) => ({
  ...{ id: `${chain}/${at}`, chain, script: 0, nonce: at, kind: "call", to: VAULT, value: "0" },
  ...{ data: "0x", gas: 130_000, label: `Vault.set(${at})`, creates: [], after: [], waits: null },
  ...over,
});

const stepsOf = (name: string) => [
  step(name, 0, { label: "new Vault()", creates: [{ address: VAULT, contract: "Vault" }] }),
  step(name, 1, {
    label: "new ERC1967Proxy(Vault, initialize(5))",
    creates: [{ address: PROXY, contract: "ERC1967Proxy" }],
  }),
  step(name, 2, { label: "send 1 ETH to Vault (proxy)", value: "1000000000000000000" }),
];

function told(names: string[]) {
  const plan = readPlan(
    JSON.stringify({
      ...{ format: "playbook.plan", version: 1, sender: VAULT, commit: null, scripts: [] },
      deployment: { repository: "khalani/vaults", environment: "production", release: "v1.2.0" },
      chains: names.map((name, at) => chain(name, at + 1)),
      ...{ steps: names.flatMap(stepsOf), files: [], records: null },
    }),
  );
  const done = names.map((name): [string, ChainDone] => {
    const results = [0, 1, 2].map((at) => ({
      ...{ step: `${name}/${at}`, hash: HASH as `0x${string}`, block: 7, succeeded: true },
      ...{ gasUsed: 100_000, fee: 2n * 10n ** 14n },
    }));
    return [name, { kind: "chain-done", chain: name, outcome: "complete", results }];
  });
  const manifest = { chains: {} };
  const stored = { location: "s3://state/0.json", digest: "sha256:00", manifest } as never;
  return { plan, done: new Map(done), sent: 3, stored };
}

test("a release shows what it cost, and which contracts stand where", () => {
  const markdown = summarize(told(["alpha"]));

  expect(markdown).toContain("## Released contracts: production · v1.2.0");
  expect(markdown).toContain("3 steps on 1 chain, all final. This run sent 3 transactions.");
  expect(markdown).toContain("| **alpha** | 3 | 2 | 300,000 | 0.0006\u00a0ETH | 1\u00a0ETH |");
  expect(markdown).toContain(`| \`Vault\` | [\`${VAULT}\`](${LINK}/address/${VAULT}) |`);
  expect(markdown).toContain(`| \`ERC1967Proxy\` of \`Vault\` | [\`${PROXY}\`]`);
  expect(markdown).toContain(`| 0 | \`new Vault()\` | [\`0x12121212…\`](${LINK}/tx/${HASH}) |`);
});

test("contracts on many chains stand side by side, with short addresses that lead to long ones", () => {
  const markdown = summarize(told(["alpha", "beta", "gamma"]));
  const short = `[\`0x0000…00AA\`](${LINK}/address/${VAULT})`;

  expect(markdown).toContain("| Contract | alpha | beta | gamma |");
  expect(markdown).toContain(`| \`Vault\` | ${short} | ${short} | ${short} |`);
});
