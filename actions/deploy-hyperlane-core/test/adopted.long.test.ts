import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addressesText } from "@playbook/hyperlane";
import type { Chain } from "@playbook/world";
import { parse } from "yaml";
import { Cli } from "../../../packages/hyperlane/test/cli.ts";
import { siteOn } from "../../../packages/hyperlane/test/site.ts";
import { configOf, openStage, type Stage } from "./stage.ts";

const NAME = "chain10012";
const chains = [NAME];

let stage: Stage;
let cli: Cli;
beforeAll(async () => {
  stage = await openStage([{ id: 5 }, { id: 10012 }]);
  const sites = await Promise.all(stage.chains.map((chain: Chain) => siteOn(chain)));
  cli = await Cli.over(stage.world.dir, sites);
  const key = sites[1]?.signer.privateKey ?? "";
  const deployed = await cli.deploy(NAME, wish(2), key);
  expect(deployed).toMatchObject({ code: 0 });
}, 180_000);
afterAll(async () => {
  await cli?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

const wish = (threshold: number) => configOf(stage.sender, ["chain5"], threshold);

test("of what the official CLI has deployed there is nothing to do, by its config or its own reading", async () => {
  await stage.write({ [NAME]: wish(2) });
  const path = join(stage.product, `registry/chains/${NAME}/addresses.yaml`);
  await writeFile(path, addressesText(await cli.addresses(NAME)));

  const { outputs } = await stage.planned({ chains });
  await stage.write({ [NAME]: parse(await cli.read(NAME)) });
  const read = await stage.planned({ chains });

  const ready = { steps: 0, proposals: 0 };
  expect([outputs, read.outputs]).toMatchObject([ready, ready]);
  const { outputs: ended } = await stage.applied(read.outputs["plan-digest"]);
  expect(ended).toMatchObject({ changed: false, failed: [] });
});

test("then another threshold is planned, applied, and found by the official CLI", async () => {
  await stage.write({ [NAME]: wish(3) });

  const { outputs, failure, summary, planned } = await stage.brought({ chains });

  expect({ outputs, failure }).toMatchObject({ outputs: { changed: true }, failure: undefined });
  expect(planned.steps).toBe(2);
  expect(summary).toContain(NAME);
  // It takes a router of interchain accounts that a config leaves out for a difference.
  const { interchainAccountRouter } = parse(await cli.read(NAME));
  const check = (threshold: number) =>
    cli.check(NAME, { ...wish(threshold), interchainAccountRouter });
  expect(await check(3)).toMatchObject({ code: 0 });
  expect(await check(2)).toMatchObject({ code: 1 });
  expect((await stage.planned({ chains })).outputs).toMatchObject({ steps: 0, proposals: 0 });
});
