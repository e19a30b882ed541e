import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { Cli } from "../../../packages/hyperlane/test/cli.ts";
import { type Relayer, startRelayer } from "../../../packages/hyperlane/test/relayer.ts";
import { claim, whole } from "../../../test/proof.ts";
import { openStage, type Stage } from "./stage.ts";

/** Three validators each. `npm test` takes three of them. */
const IDS = [5, 10012, 777, 42, 43, 44, 45, 46].slice(0, whole ? 8 : 3);

let stage: Stage;
let relayer: Relayer;
beforeAll(async () => {
  stage = await openStage(IDS);
  relayer = await startRelayer(stage.network);
}, 900_000);
afterAll(async () => {
  await relayer?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

test("a message arrives on every route, signed by its validators, by the official relayer", async () => {
  const since = Date.now();
  const relayers = [relayer.address as Stage["sender"]];

  const { outputs, failure } = await stage.check({ mode: "send", relayers, patience: 900_000 });

  const states = Object.values(outputs.routes as Record<string, string>);
  const passed = states.filter((state) => state === "well").length;
  claim(`Messages on every route of ${IDS.length} chains, brought by the official relayer`, {
    ...{ tried: states.length, passed, unit: "routes", since },
  });
  expect(failure).toBeUndefined();
  expect(states).toEqual(Array(IDS.length * (IDS.length - 1)).fill("well"));
  const text = await readFile(join(stage.product, "result/check.json"), "utf8");
  for (const { journey } of JSON.parse(text).messages) {
    expect(journey.delivered.by.toLowerCase()).toBe(relayer.address.toLowerCase());
    expect(journey.signing.length).toBeGreaterThanOrEqual(2);
  }
}, 1_800_000);

test("and the official CLI finds no difference on any of these chains", async () => {
  const { sites, configs, world } = stage.network;
  await using cli = await Cli.over(world.dir, sites);
  for (const { chain } of sites) {
    // It takes a router of interchain accounts that a config leaves out for a difference.
    const { interchainAccountRouter } = parse(await cli.read(chain.name));
    const config = { ...configs[chain.name], interchainAccountRouter };
    const { code, output } = await cli.check(chain.name, config);
    expect({ chain: chain.name, code, output: code === 0 ? "" : output }).toEqual({
      ...{ chain: chain.name, code: 0, output: "" },
    });
  }
}, 900_000);
