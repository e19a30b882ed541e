import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainDone, type Plan, planDigest, readPlan } from "@playbook/evm";
import { folderStore, type Store } from "@playbook/state";
import { leftovers, recordAttempt } from "../../src/apply/attempt.ts";
import { type Manifest, recordManifest } from "../../src/apply/manifest.ts";

const FIRST = "0x00000000000000000000000000000000000000AA";
const SECOND = "0x00000000000000000000000000000000000000bb";
const HASH = `0x${"12".repeat(32)}` as const;

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-attempt-"));
  store = folderStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

/** A plan that makes a vault and then calls it. */
function planOf(release: string, vault: string): Plan {
  const step = (at: number, over: object) => ({
    ...{ id: `alpha/${at}`, chain: "alpha", script: 0, nonce: at, to: null, value: "0" },
    ...{ data: "0x", gas: 100_000, creates: [], after: [], waits: null },
    ...over,
  });
  return readPlan(
    JSON.stringify({
      ...{ format: "playbook.plan", version: 1, sender: FIRST, commit: null, scripts: [] },
      deployment: { repository: "acme/vault", environment: "production", release },
      chains: [
        {
          ...{
            name: "alpha",
            chainId: 5,
            genesis: `0x${"00".repeat(32)}`,
            firstNonce: 0,
            block: 1,
          },
          ...{ fees: "eip1559", gasPrice: "1" },
          metadata: { name: "alpha", chainId: 5, rpcUrls: [{ http: "https://rpc.example" }] },
        },
      ],
      steps: [
        step(0, {
          ...{ kind: "create", label: "new Vault()" },
          creates: [{ address: vault, contract: "Vault" }],
        }),
        step(1, { kind: "call", to: vault, label: "Vault.open()" }),
      ],
      ...{ files: [], records: null },
    }),
  );
}

/** What became of its steps, in order. */
function ended(...succeeded: boolean[]): Map<string, ChainDone> {
  const results = succeeded.map((one, at) => ({
    ...{ step: `alpha/${at}`, hash: HASH, block: 7, succeeded: one, gasUsed: 1, fee: 1n },
  }));
  const outcome = succeeded.every(Boolean) ? "complete" : "failed";
  return new Map([["alpha", { kind: "chain-done", chain: "alpha", outcome, results }]]);
}

const attempt = (plan: Plan, done: Map<string, ChainDone>) =>
  recordAttempt({ opened: { store } as never, writer: "w" }, plan, done);

const release = async (plan: Plan): Promise<Manifest> => {
  const asked = { store, plan, digest: planDigest(plan), writer: "w", isNew: false };
  return (await recordManifest({ ...asked, done: ended(true, true) })).manifest;
};

test("what a failed attempt has made is told apart from what the release has made", async () => {
  await attempt(planOf("v1", FIRST), ended(true, false));
  const manifest = await release(planOf("v1", SECOND));

  expect(manifest.origin).toBeUndefined();
  expect(manifest.chains.alpha?.contracts).toMatchObject([
    { name: "Vault", address: FIRST, release: "v1", left: "failed" },
    { name: "Vault", address: SECOND, release: "v1" },
  ]);
  expect(manifest.chains.alpha?.contracts[1]).not.toHaveProperty("left");
  expect(leftovers(planOf("v1", SECOND), manifest)).toContain(`\`${FIRST}\` | failed |`);
  // The next release of the environment is not bothered with it.
  expect(leftovers(planOf("v2", SECOND), manifest)).toBe("");
});

test("an attempt is recorded once, however often a run dies right after", async () => {
  await attempt(planOf("v1", FIRST), ended(true, false));
  await attempt(planOf("v1", FIRST), ended(true, false));
  const manifest = await release(planOf("v2", SECOND));
  expect(manifest).toMatchObject({ index: 1 });
  expect(manifest.chains.alpha?.contracts).toHaveLength(2);
});

test("an attempt that made nothing leaves no entry", async () => {
  await attempt(planOf("v1", FIRST), ended(false));
  expect(await release(planOf("v1", SECOND))).toMatchObject({ index: 0 });
});
