import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Approve, type ChainOptions, until } from "@playbook/world";
import { parse } from "yaml";
import { readAddresses } from "../../packages/hyperlane/src/index.ts";
import { Cli } from "../../packages/hyperlane/test/cli.ts";
import { lastReceived, type Message, newestOf } from "../../packages/hyperlane/test/message.ts";
import { configOf, isDelivered, setOf } from "../../packages/hyperlane/test/network.ts";
import { assertNothingLess } from "../../packages/hyperlane/test/relayed.ts";
import { type Relayer, startRelayer } from "../../packages/hyperlane/test/relayer.ts";
import { type Site, siteOn } from "../../packages/hyperlane/test/site.ts";
import { claim, whole } from "../proof.ts";
import { type AgentList, openAgents, threeEach } from "./hyperlane-agents-stage.ts";
import { openHyperlaneStage } from "./hyperlane-stage.ts";
import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

/** `npm test` takes two of them; the fifth is far away. */
const OPTIONS: ChainOptions[] = [
  { id: 5, name: "alpha", mining: { everySeconds: 1 } },
  { id: 10012, name: "beta" },
  { id: 777, name: "gamma", mining: { everySeconds: 1 }, pool: "geth" },
  { id: 42, name: "delta", mining: { everySeconds: 2 } },
  { id: 43, name: "epsilon" },
  { id: 44, name: "zeta", mining: { everySeconds: 4 } },
  { id: 45, name: "eta" },
  { id: 46, name: "theta", mining: { everySeconds: 1 } },
];
const COUNT = whole ? OPTIONS.length : 2;
const DELAY_MS = 30;

const SUCCESS = { conclusion: "success", errors: [] };

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openHyperlaneStage>>;
let agents: Awaited<ReturnType<typeof openAgents>>;
let list: AgentList;
beforeAll(async () => {
  stage = await openHyperlaneStage(parts, OPTIONS.slice(0, COUNT));
  stage.world.chains[4]?.chaos.setDelay(DELAY_MS);
  list = await threeEach(stage);
  agents = await openAgents(stage, parts, list);
  await agents.version("v1");
  await stage.commitConfigs((name) => {
    const routes = Object.entries(list.validators).flatMap(([origin, three]) =>
      origin === name ? [] : [[origin, setOf(three, 2)]],
    );
    return configOf(stage.sender, Object.fromEntries(routes));
  }, "Two of three validators");
}, 1_200_000);
afterAll(() => parts.disposeAsync());

let sites: Site[];
let relayer: Relayer;

/** The chains, with what a registry says of them. */
const sitesOf = () =>
  Promise.all(
    stage.world.chains.map(async (chain): Promise<Site> => {
      const path = join(stage.folder, `registry/chains/${chain.name}/addresses.yaml`);
      const addresses = readAddresses(await readFile(path, "utf8"), path);
      return { ...(await siteOn(chain)), addresses };
    }),
  );

/** Somebody relays from the moment on that there is something to relay between. */
const approve: Approve = async ({ environment }) => {
  if (environment !== "check") return true;
  const run = stage.runs.at(-1);
  if (run) await stage.takeOver(run);
  sites = await sitesOf();
  relayer = parts.use(await startRelayer({ ...stage, sites, aws: stage.world.aws }));
  return true;
};

test("one run takes chains from nothing to a message on every route", async () => {
  const since = Date.now();
  const { environments } = stage.world.github.repository("acme/hyperlane");
  environments.set("check", { reviewers: true });
  const vars = { ...agents.beside.vars, ...stage.checking, PATIENCE: "10m" };

  const { result } = await stage.release({ ...agents.beside, vars, approve });

  const { routes = "{}" } = result.job("hyperlane / Check").outputs;
  const states = Object.values(JSON.parse(routes) as Record<string, string>);
  const passed = states.filter((state) => state === "well").length;
  const what = `One run of release-hyperlane: ${COUNT} chains from nothing to a message on each route`;
  claim(what, { tried: COUNT * (COUNT - 1), passed, unit: "routes", since });
  expect(ending(result)).toEqual(SUCCESS);
  expect(states).toEqual(Array(COUNT * (COUNT - 1)).fill("well"));
  const moved = JSON.parse(result.job("hyperlane / Agents").outputs.moved ?? "");
  expect(moved).toHaveLength(3 * COUNT);
  const sent = await Promise.all(stage.world.chains.map((one) => sentBy(one, stage.sender)));
  expect(sent.flat()).toHaveLength(Number(result.job("hyperlane / Plan").outputs.steps));
}, 1_800_000);

test("the official CLI finds no difference on any chain, and reads what we have nothing to do for", async () => {
  const since = Date.now();
  await using cli = await Cli.over(stage.world.dir, sites);
  const differing: string[] = [];
  for (const { chain } of sites) {
    const said = await cli.read(chain.name);
    const config = parse(await readFile(join(stage.folder, `configs/${chain.name}.yaml`), "utf8"));
    // It takes a router of interchain accounts that a config leaves out for a difference.
    const { interchainAccountRouter } = parse(said);
    const { code, output } = await cli.check(chain.name, { ...config, interchainAccountRouter });
    if (code !== 0) differing.push(`${chain.name}: ${output}`);
    await stage.write(`configs/${chain.name}.yaml`, said);
  }
  const passed = COUNT - differing.length;
  claim("The official CLI's core read and core check of these chains", {
    ...{ tried: COUNT, passed, unit: "chains", since },
  });
  expect(differing).toEqual([]);

  await agents.version("v1");
  const { result } = await stage.release();

  expect(ending(result)).toEqual(SUCCESS);
  expect(result.job("hyperlane / Plan").outputs).toMatchObject({ steps: "0" });
}, 900_000);

const arrives = (there: Site, { id }: Message) =>
  until(() => isDelivered(there, id), { withinMs: 240_000 });

const podOf = (name: string) => `validator-alpha-${name}-0`;

/** One of the first chain's validators is there, or is not. */
async function scale(name: string, replicas: 0 | 1): Promise<void> {
  const set = ["statefulset", `validator-alpha-${name}`, "--namespace", "hyperlane"];
  await agents.kubectl(["scale", ...set, `--replicas=${replicas}`]);
  await until(async () => {
    const isThere = (await agents.images()).some(([pod]) => pod === podOf(name));
    return isThere === (replicas === 1);
  });
}

/** A message of the official CLI from the first chain to the second. */
async function sent(text: string): Promise<Message> {
  const [here, there] = sites as [Site, Site];
  await using cli = await Cli.over(stage.world.dir, sites);
  const key = here.signer.privateKey;
  const { code, output } = await cli.send(here.chain.name, there.chain.name, key, text);
  expect({ code, output }).toMatchObject({ code: 0 });
  return newestOf(here);
}

test("the official CLI's message is delivered with two signatures, and with nothing less", async () => {
  const [, there] = sites as [Site, Site];

  const message = await sent("two of three");
  await arrives(there, message);

  expect(await lastReceived(there)).toBe("two of three");
  await assertNothingLess(there, message);
}, 300_000);

test("with one signature it waits, and arrives when a second validator is there again", async () => {
  const [, there] = sites as [Site, Site];
  for (const name of ["b", "c"]) await scale(name, 0);

  const message = await sent("one of three");
  const failed = `Failed to relay message ${message.id}`;
  await until(async () => relayer.process.output().includes(failed));
  expect(await isDelivered(there, message.id)).toBe(false);

  await scale("c", 1);
  await arrives(there, message);
}, 300_000);

test("no run has left a secret anywhere", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
