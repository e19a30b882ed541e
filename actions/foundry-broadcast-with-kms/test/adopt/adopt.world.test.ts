import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { folderStore } from "@playbook/state";
import { type Chain, until } from "@playbook/world";
import { Wallet } from "ethers";
import { faultsOf, transactionsOf } from "../../../../packages/evm/test/auditor.ts";
import { foundry, shell } from "../../../../scripts/tools.ts";
import { adoptAs } from "../../src/adopt/adopt.ts";
import { calls, handsIn } from "../abandon/halted.ts";
import { attempt } from "../apply/job.ts";
import { type Given, type Office, openOffice, type Planned } from "../apply/office.ts";
import { openProduct, type Product } from "../plan/product.ts";
import { adoptingIn, useElsewhere } from "./adopting.ts";

let office: Office;
let product: Product;
let alpha: Chain;
let beta: Chain;
let chainsFile: string;
/** A folder for state of its own for each test: there, the key has no ledger. */
let state: string;

beforeAll(async () => {
  const chains = [
    { id: 10012, name: "alpha" },
    { id: 5, name: "beta" },
  ];
  [office, product] = await Promise.all([openOffice(chains), openProduct("vaults")]);
  [alpha, beta] = office.chains as [Chain, Chain];
  chainsFile = join(office.world.dir, "chains.json");
  await writeFile(chainsFile, JSON.stringify(office.chains.map((chain) => chain.metadata())));
});
beforeEach(async () => {
  state = await mkdtemp(join(office.world.dir, "state-"));
});
afterEach(() => {
  for (const { chaos } of office.chains) chaos.calm();
});
afterAll(async () => {
  await office?.world[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

const { abandoning, halted } = handsIn(
  () => office,
  () => ({ state }),
);

const adopting = (over: Given = {}) => adoptingIn(office, chainsFile, { state, ...over });

const release = (plan: Planned) => office.release(plan, { state });

/** The node says that it has a transaction a moment before it is in a block. */
async function use(chain: Chain): Promise<void> {
  await useElsewhere(chain, office.signer);
  const count = (at: string) => chain.send("eth_getTransactionCount", [office.signer, at]);
  await until(async () => (await count("pending")) === (await count("latest")));
}

const faults = (chain: Chain, { made, from }: Planned) =>
  faultsOf(
    chain,
    office.signer,
    made.steps,
    made.steps[0]?.creates[0]?.address ?? "",
    (from[0] ?? 0) + 1,
  );

describe("a key that was used before", () => {
  test("is taken over where the chain has it, and releases go on from there", async () => {
    await use(alpha);
    const plan = await office.plan(calls(2));
    await expect(release(plan)).rejects.toMatchObject({
      code: "key-used-before",
      next: expect.stringContaining("mode: adopt"),
    });

    const nonce = await alpha.nonce(office.signer);
    const { summary } = await attempt(adopting());
    expect(summary).toContain(`begins at nonce ${nonce}`);
    await release(plan);

    expect(await faults(alpha, plan)).toEqual([]);
  });

  test("is taken over once: the second time nothing is left to do", async () => {
    await use(alpha);
    await attempt(adopting());
    const before = await folderStore(state).list("");

    const { summary } = await attempt(adopting());

    expect(summary).toContain("as it is, at nonce");
    expect(await folderStore(state).list("")).toEqual(before);
  });

  test("is left alone while something of it is under way", async () => {
    await alpha.send("evm_setAutomine", [false]);
    await useElsewhere(alpha, office.signer);
    await expect(attempt(adopting())).rejects.toMatchObject({ code: "key-busy" });
    await alpha.send("evm_setAutomine", [true]);
    await alpha.mine();

    expect(await folderStore(state).list("ledgers/")).toEqual([]);
  });

  test("is only looked at when nothing may be written", async () => {
    await use(alpha);
    const store = folderStore(state);
    const deployment = { repository: "acme/counter", environment: "production", release: "r" };
    const asked = { deployment, chains: ["alpha", "beta"], chainsFile, rpcUrls: [] };
    const { signer } = office;

    const { summary } = await adoptAs(
      { signer, store },
      asked,
      { writes: false },
      contextForTests(),
    );

    expect(summary).toContain("## To adopt: production");
    expect(await store.list("")).toEqual([]);
  });
});

describe("a key that somebody else uses beside its ledger", () => {
  test("between two releases goes on after adopting, which names the proof", async () => {
    await attempt(adopting());
    await release(await office.plan(calls(1)));
    await use(alpha);
    await use(alpha);
    const next = await office.plan(calls(1));
    await expect(release(next)).rejects.toMatchObject({
      code: "nonce-used-elsewhere",
      next: expect.stringContaining("mode: adopt"),
    });

    const { summary } = await attempt(adopting());

    const last = (await transactionsOf(alpha, office.signer)).at(-1);
    expect(summary).toContain(
      `2 nonces used by somebody else, the last by ${last?.hash.slice(0, 10)}`,
    );
    await release(next);
    expect(await faults(alpha, next)).toEqual([]);
  });

  test("in the middle of a release goes on after giving that up and adopting", async () => {
    await attempt(adopting());
    const plan = await office.plan(calls(6));
    await halted(alpha, plan, 2, 1);
    await use(alpha);
    await use(alpha);
    await use(alpha);
    await expect(release(plan)).rejects.toMatchObject({ code: "nonce-used-elsewhere" });
    await expect(attempt(adopting())).rejects.toMatchObject({ code: "plan-open" });

    await attempt(abandoning(plan));
    await attempt(adopting());

    const next = await office.plan(calls(1));
    await release(next);
    expect(await faults(alpha, next)).toEqual([]);
  });
});

describe("what forge has broadcast", () => {
  const core = () => ["--sig", "run(uint256)", "1000", "--rpc-url", alpha.url];
  /** As somebody who has the key. */
  const unlocked = () => ["--sender", office.signer, "--unlocked"];

  /** `forge script --broadcast` in a checkout of its own; its `broadcast` folder. */
  async function broadcast(checkout: string, script: string, ...more: string[]): Promise<string> {
    for (const chain of [alpha, beta]) {
      await chain.send("anvil_impersonateAccount", [office.signer]);
    }
    const args = ["-C", checkout, foundry("forge"), "script", script, "--root", "."];
    args.push("--broadcast", "--slow", ...more);
    const urls = { ALPHA_RPC_URL: alpha.url, BETA_RPC_URL: beta.url };
    await shell("env", args, { ...product.env, ...urls });
    return join(checkout, "broadcast");
  }

  test("is compared with the chains, and the manifest takes it over", async () => {
    const checkout = await product.checkout();
    await broadcast(checkout, "script/Core.s.sol:Core", ...core(), ...unlocked());
    const folder = await broadcast(checkout, "script/Bridge.s.sol:Bridge", ...unlocked());
    const given = adopting({ chains: "alpha,beta", broadcast: folder });

    const { outputs, summary } = await attempt(given);

    expect(summary).toContain("Every recorded transaction is on its chain, as it was recorded.");
    const { addresses } = outputs as { addresses: Record<string, Record<string, string>> };
    expect(Object.keys(addresses.alpha ?? {})).toEqual(
      expect.arrayContaining(["Vault", "Proxy", "Registry", "Registry#2"]),
    );
    expect(Object.keys(addresses.beta ?? {})).toEqual(["Registry", "Entry", "Entry#2"]);
    const codes = Object.values(addresses.alpha ?? {}).map((address) =>
      alpha.send("eth_getCode", [address, "latest"]),
    );
    expect(await Promise.all(codes)).not.toContain("0x");

    const again = await attempt(given);
    expect(again.summary).toContain("manifest stays as it is");
    const next = await office.plan(calls(1), { on: [beta] });
    const { outputs: results } = await release(next);
    expect(results.manifest).toMatch(/0000000001\.json$/);
  });

  test("by an earlier key, and to another chain than it is said to be, is told", async () => {
    const wallet = new Wallet(`0x${"77".repeat(32)}`);
    await alpha.setBalance(wallet.address, 10n ** 20n);
    const checkout = await product.checkout();
    const key = ["--sender", wallet.address, "--private-key", wallet.privateKey];
    const folder = await broadcast(checkout, "script/Core.s.sol:Core", ...core(), ...key);
    const recorded = join(folder, "Core.s.sol", "10012", "run-latest.json");
    const moved = join(folder, "Core.s.sol", "5", "run-latest.json");
    await mkdir(dirname(moved));
    const text = await readFile(recorded, "utf8");
    await writeFile(moved, text.replace('"chain": 10012', '"chain": 5'));

    const { outputs, summary } = await attempt(
      adopting({ chains: "alpha,beta", broadcast: folder }),
    );

    expect(summary).toMatch(/\| \*\*alpha\*\* \| 8 \| 0 \| 0 \| 0 \| 8 \| 4 \|/);
    expect(summary).toMatch(/\| \*\*beta\*\* \| 0 \| 8 \| 0 \| 0 \| 8 \| 0 \|/);
    expect(summary).toContain("What they made is not taken over");
    expect(outputs.addresses).toMatchObject({
      alpha: { Registry: expect.stringMatching(/^0x/) },
      beta: {},
    });
  });
});
