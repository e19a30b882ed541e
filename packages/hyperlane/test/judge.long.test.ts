import { type Chain, startWorld, type World } from "@playbook/world";
import { agentConfig, desiredOn, readCoreConfig } from "../src/index.ts";
import { Cli, complete } from "./cli.ts";
import { config, domains } from "./core-config.ts";
import { apply, planned, type Site, seen, siteOn, wished } from "./site.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
let ours: Site;
let theirs: Site;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
  ours = await siteOn(world.chains[0] as Chain);
  theirs = await siteOn(world.chains[1] as Chain);
});
afterAll(() => world[Symbol.asyncDispose]());

const NOTHING = { steps: [], proposals: [], changes: [] };

test("the official CLI finds no difference in what we deploy, and reads a config that we read", async () => {
  const wish = config(ours, "chain10012");
  await apply(ours, await planned(ours, wished(ours, wish, domains)));
  await using cli = await Cli.over(world.dir, [ours, theirs]);

  const said = await cli.read("chain5");
  expect(await cli.check("chain5", complete(wish, said))).toMatchObject({ code: 0 });
  const other = config(ours, "chain10012", { threshold: 3 });
  expect(await cli.check("chain5", complete(other, said))).toMatchObject({ code: 1 });

  const read = readCoreConfig(said, "core read");
  expect(await planned(ours, desiredOn("chain5", read, domains))).toMatchObject(NOTHING);
});

test("agents are told of a chain what the official CLI tells them", async () => {
  await using cli = await Cli.over(world.dir, [ours]);
  const { core, addresses } = await seen(ours, wished(ours, config(ours, "chain10012"), domains));
  const metadata = await cli.metadata("chain5");
  const since = core?.since ?? 0;
  expect(since).toBeGreaterThan(0);
  expect(agentConfig([{ metadata, addresses, since }])).toEqual(await cli.agentConfig("chain5"));

  const { interchainGasPaymaster: _, ...without } = addresses;
  await using unpaid = await Cli.over(world.dir, [{ ...ours, addresses: without }]);
  const told = agentConfig([{ metadata, addresses: without, since }]);
  expect(told).toEqual(await unpaid.agentConfig("chain5"));
});

test("what the official CLI deploys is adopted as it is, and changed from then on", async () => {
  const wish = config(theirs, "chain5");
  await using cli = await Cli.over(world.dir, [ours, theirs]);
  const deployed = await cli.deploy("chain10012", wish, theirs.signer.privateKey);
  expect(deployed).toMatchObject({ code: 0 });
  theirs.addresses = await cli.addresses("chain10012");

  expect(await planned(theirs, wished(theirs, wish, domains))).toMatchObject(NOTHING);
  const said = await cli.read("chain10012");
  const read = readCoreConfig(said, "core read");
  expect(await planned(theirs, desiredOn("chain10012", read, domains))).toMatchObject(NOTHING);

  const changed = config(theirs, "chain5", { threshold: 3 });
  const plan = await planned(theirs, wished(theirs, changed, domains));
  expect(plan.changes.map(({ subject }) => subject)).toEqual(["default ISM, origin 5"]);
  await apply(theirs, plan);
  expect(await cli.check("chain10012", complete(changed, said))).toMatchObject({ code: 0 });
}, 180_000);
