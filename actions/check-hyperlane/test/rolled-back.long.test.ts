import {
  checkpoint,
  configOf,
  type Signing,
  setOf,
  startSigning,
  threeOf,
} from "../../../packages/hyperlane/test/network.ts";
import { startRelayer } from "../../../packages/hyperlane/test/relayer.ts";
import {
  apply,
  planned,
  type Site,
  signerOf,
  wished,
} from "../../../packages/hyperlane/test/site.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * A chain that comes back from a backup is behind what its validators have signed: the consequence
 * for Hyperlane that restore-axon writes down, walked through.
 */
let stage: Stage;
let here: Site;
let there: Site;
let signing: Signing[];
const parts = new AsyncDisposableStack();
beforeAll(async () => {
  stage = parts.use(await openStage([5, 10012]));
  [here, there] = stage.sites as [Site, Site];
  signing = stage.network.validators[0] ?? [];
}, 600_000);
afterAll(() => parts.disposeAsync());

const ROUTE = { origin: "chain5", destination: "chain10012" };

const rulesOf = ({ outputs }: Awaited<ReturnType<Stage["check"]>>) =>
  (outputs.findings as { rule: string; about: string }[]).map(
    ({ rule, about }) => `${rule} ${about}`,
  );

test("a chain that went back has validators who have signed what it does not have", async () => {
  for (const index of [0, 1]) {
    const sent = await stage.check({ mode: "send", routes: [ROUTE], patience: 0 });
    expect(sent.failure).toMatchObject({ code: "hyperlane-unwell" });
    // Whoever has signed has announced itself: the newest block has the message, and nothing else.
    for (const { bucket } of signing) await checkpoint(stage.aws, bucket, index);
  }

  await here.chain.reorg(1);
  const report = await stage.check({ routes: [ROUTE], patience: 0 });

  const ahead = signing.map(({ address }) => `signed-ahead ${address}`);
  const all = [...ahead, "too-few-sign messages from chain5"];
  expect(rulesOf(report).toSorted()).toEqual(all.toSorted());
  expect(report.failure?.why).toContain("It has signed up to index 1, and the tree has 1 message.");
}, 300_000);

test("new keys in the other chain's ISM, and messages arrive again", async () => {
  for (const { process } of signing) await process.down();
  const anew = await threeOf(stage.aws, here.chain, [4, 5, 6]);
  for (const one of anew) parts.use((await startSigning(stage.aws, here, one)).process);
  const config = configOf(signerOf(there), { chain5: setOf(anew, 2) });
  await apply(there, await planned(there, wished(there, config, stage.network.domains)));
  parts.use(await startRelayer(stage.network));

  const report = await stage.check({ mode: "send", routes: [ROUTE] });

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ well: true, findings: [] });
}, 300_000);
