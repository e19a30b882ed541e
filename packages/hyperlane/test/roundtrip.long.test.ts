import { type Chain, startWorld, type World } from "@playbook/world";
import fc from "fast-check";
import { parse } from "yaml";
import { chance } from "../../../test/chance.ts";
import { desiredOn, readCoreConfig, readMesh } from "../src/index.ts";
import { Cli, complete } from "./cli.ts";
import { domains, multisig } from "./core-config.ts";
import { coreConfig, isWithinTheCli } from "./random-config.ts";
import { apply, planned, type Site, signerOf, siteOn, wished } from "./site.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
});
afterAll(() => world[Symbol.asyncDispose]());

const NOTHING = { steps: [], proposals: [], changes: [] };

/** A case is a deployment, and a run of the CLI: none is made smaller. */
const few = () => ({ ...chance(1), endOnFailure: true });

test("what we deploy of any config is read by the official CLI as that config", async () => {
  await fc.assert(
    fc.asyncProperty(coreConfig("chain10012"), async (configOf) => {
      const site = await siteOn(world.chains[0] as Chain);
      const other = await siteOn(world.chains[1] as Chain);
      const wish = configOf(signerOf(site));
      await apply(site, await planned(site, wished(site, wish, domains)));
      expect(await planned(site, wished(site, wish, domains))).toMatchObject(NOTHING);

      await using cli = await Cli.over(world.dir, [site, other]);
      const read = readCoreConfig(await cli.read("chain5"), "core read");
      expect(await planned(site, desiredOn("chain5", read, domains))).toMatchObject(NOTHING);
    }),
    few(),
  );
}, 900_000);

test("what we deploy of a mesh is read by the official CLI as what the mesh says of each chain", async () => {
  const sites = await Promise.all(world.chains.map((chain) => siteOn(chain)));
  const [first] = sites as [Site, Site];
  const lines = [
    ...[`owner: "${signerOf(first)}"`, `validators: ${JSON.stringify(multisig(2).validators)}`],
    ...["protocolFee: 7", "chains:"],
    ...["  chain5: { gasPrice: 1000, tokenPrice: 3000.5 }"],
    ...['  chain10012: { gasPrice: 250, tokenPrice: "0.02", overhead: 90000 }'],
  ];
  const configs = readMesh(lines.join("\n"), "mesh.yaml") as Map<string, string>;
  const wishOn = ({ chain: { name } }: Site) =>
    desiredOn(name, readCoreConfig(configs.get(name) as string, "mesh.yaml"), domains);
  for (const site of sites) await apply(site, await planned(site, wishOn(site)));

  await using cli = await Cli.over(world.dir, sites);
  for (const site of sites) {
    const { name } = site.chain;
    const said = await cli.read(name);
    const read = desiredOn(name, readCoreConfig(said, "core read"), domains);
    expect(await planned(site, read)).toMatchObject(NOTHING);
    const config = complete(parse(configs.get(name) as string), said);
    expect(await cli.check(name, config)).toMatchObject({ code: 0 });
  }
}, 900_000);

test("what the official CLI deploys of any config is adopted as it is", async () => {
  await fc.assert(
    fc.asyncProperty(coreConfig("chain5"), async (configOf) => {
      const site = await siteOn(world.chains[1] as Chain);
      const other = await siteOn(world.chains[0] as Chain);
      const wish = configOf(signerOf(site));
      fc.pre(isWithinTheCli(wish));
      await using cli = await Cli.over(world.dir, [site, other]);
      const { code, output } = await cli.deploy("chain10012", wish, site.signer.privateKey);
      const said = `${JSON.stringify(wish)}: ${output.slice(-2000)}`;
      if (code !== 0) throw new Error(said);
      site.addresses = await cli.addresses("chain10012");
      expect(await planned(site, wished(site, wish, domains))).toMatchObject(NOTHING);
    }),
    few(),
  );
}, 900_000);
