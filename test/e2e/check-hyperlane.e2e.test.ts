import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "@playbook/evm";
import { startHyperlaneValidator } from "@playbook/world";
import { readAddresses } from "../../packages/hyperlane/src/index.ts";
import { configOf, setOf, threeOf } from "../../packages/hyperlane/test/network.ts";
import { startRelayer } from "../../packages/hyperlane/test/relayer.ts";
import { siteOn } from "../../packages/hyperlane/test/site.ts";
import { bodyOf, listen } from "../world/src/runner/listen.ts";
import { openHyperlaneStage } from "./hyperlane-stage.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openHyperlaneStage>>;
let signing: Awaited<ReturnType<typeof threeOf>>[];
let heartbeat: string;
/** What somebody was told: by which path, and of which run. */
const told: [path: string, run: string][] = [];
beforeAll(async () => {
  const pager = await listen(async (request, response) => {
    told.push([request.url ?? "", String(await bodyOf(request))]);
    response.end();
  });
  heartbeat = `${parts.use(pager).url}/key-of-a-pager`;
  stage = await openHyperlaneStage(parts);
  const { aws, chains } = stage.world;
  signing = await Promise.all(chains.map((chain) => threeOf(aws, chain)));
  await stage.commitConfigs((name) => {
    const routes = chains.flatMap((chain, at) =>
      chain.name === name ? [] : [[chain.name, setOf(signing[at] ?? [], 2)]],
    );
    return configOf(stage.sender, Object.fromEntries(routes));
  }, "Validators with keys in KMS");
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const SUCCESS = { conclusion: "success", errors: [] };

test("a release that is to send messages says that nobody signs them yet", async () => {
  const { run, result } = await stage.release({
    ...{ vars: { ...stage.checking, PATIENCE: "1s" } },
  });

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors.join("\n")).toContain("alpha > beta: not signed.");
  expect(errors.join("\n")).toContain("(not-announced)");
  expect(result.job("hyperlane / Apply").outputs).toMatchObject({ changed: "true" });
  const kept = (await run.everything()).map(({ where }) => where);
  expect(kept).toContain("artifact hyperlane-result: configs/alpha.yaml");
  await stage.takeOver(run);
}, 300_000);

test("with validators and a relayer a message arrives on each route, by the schedule's workflow", async () => {
  const { aws, chains } = stage.world;
  const sites = await Promise.all(
    chains.map(async (chain) => {
      const path = join(stage.folder, `registry/chains/${chain.name}/addresses.yaml`);
      const addresses = readAddresses(await readFile(path, "utf8"), path);
      return { ...(await siteOn(chain)), addresses };
    }),
  );
  for (const [at, { chain, addresses }] of sites.entries()) {
    for (const { key, bucket } of signing[at] ?? []) {
      const options = { chain, addresses, aws, key, bucket: { name: bucket } };
      parts.use(await startHyperlaneValidator(options));
    }
  }
  const relayer = parts.use(await startRelayer({ world: stage.world, sites, aws }));

  const vars = { RELAYER: relayer.address as Address, PATIENCE: "4m" };
  const { run, result } = await stage.check({ vars, heartbeat });

  expect(ending(result)).toEqual(SUCCESS);
  // A run that fails ends in `act` before this job: see the world's README.
  const aRun = expect.stringMatching(/\/acme\/hyperlane\/actions\/runs\/\d+$/);
  expect(told).toEqual([["/key-of-a-pager", aRun]]);
  const { well, routes, findings, gas } = result.job("hyperlane / Send").outputs;
  expect({ well, findings }).toEqual({ well: "true", findings: "[]" });
  expect(JSON.parse(routes ?? "")).toEqual({ "alpha > beta": "well", "beta > alpha": "well" });
  const spent = { delivered: 1, reverted: 0, wasted: 0 };
  expect(JSON.parse(gas ?? "")).toMatchObject({ "alpha > beta": spent, "beta > alpha": spent });
  const kept = (await run.everything()).map(({ where }) => where);
  expect(kept).toContain("artifact hyperlane-check-result: check.json");
}, 300_000);

test("no run has left a secret anywhere", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
