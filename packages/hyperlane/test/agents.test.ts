import { agentChanges, agentConfig, agentReleases, readAgents, withBudgets } from "../src/index.ts";
import { CHAINS, entry, keyId, launch, NAMES, read, signing } from "./agent-lists.ts";
import { account } from "./wishes.ts";

test("eight chains with three validators and two relayers are 26 releases, chain by chain", () => {
  const releases = agentReleases(read(launch()), agentConfig(CHAINS));

  expect(releases).toHaveLength(26);
  expect(new Set(releases.map(({ name }) => name)).size).toBe(26);
  expect(releases.slice(0, 4).map(({ name }) => name)).toEqual([
    "validator-chain1-n0",
    "validator-chain1-n1",
    "validator-chain1-n2",
    "validator-chain2-n10",
  ]);
  expect(releases.at(-1)).toMatchObject({ name: "relayer-all-n91", isStandby: true });
});

test("an agent is told of the chains that it reads, and one of a group has the budget", () => {
  const releases = agentReleases(read(launch()), agentConfig(CHAINS));
  const known = releases.map(({ values }) => Object.keys(values.chains as object));

  expect(known.slice(0, 24).map((one) => one.length)).toEqual(Array(24).fill(1));
  expect(known[24]).toEqual(NAMES);
  const budgets = releases.filter(({ hasBudget }) => hasBudget);
  expect(budgets.map(({ group }) => group)).toEqual([...NAMES, "all"]);
});

test("no URL of a chain is among the values, which Helm keeps", () => {
  const text = JSON.stringify(agentReleases(read(launch()), agentConfig(CHAINS)));
  expect(text).not.toContain("secret-");
  expect(text).toContain("validatorAnnounce");
});

test("an agent is put where the list says that it is, and anywhere else where it does not", () => {
  const place = { zone: "eu-west-1a", node: "ip-10-0-1-7" };
  const list = {
    ...validators({ ...signing(1), ...place }, signing(2)),
    ...relayers([route], { ...entry(3), ...place }, entry(4)),
  };
  const releases = agentReleases(read(list), agentConfig(CHAINS));

  const nodeSelector = {
    "topology.kubernetes.io/zone": place.zone,
    "kubernetes.io/hostname": place.node,
  };
  const selectors = releases.map(({ values }) => values.nodeSelector);
  expect(selectors).toEqual([nodeSelector, undefined, nodeSelector, undefined]);
});

test("what is installed as it is wanted is unchanged; a chain more changes nothing else", () => {
  const wanted = agentReleases(read(launch()), agentConfig(CHAINS));
  expect(agentChanges(wanted, wanted)).toEqual({
    install: [],
    change: [],
    retire: [],
    unchanged: wanted,
  });

  const before = wanted.filter(({ group }) => group !== "chain8");
  const changes = agentChanges(wanted, before);
  expect(changes.install.map(({ group }) => group)).toEqual(["chain8", "chain8", "chain8"]);
  expect([...changes.change, ...changes.retire]).toEqual([]);
});

test("a group's budget stays where it is, and goes on when that one is gone", () => {
  const wanted = agentReleases(read(launch()), agentConfig(CHAINS)).slice(0, 3);
  const [first, second, third] = wanted as [Release, Release, Release];
  const owners = (installed: Release[]) =>
    withBudgets([second, third].map(ownerless), installed).filter(({ hasBudget }) => hasBudget);

  expect(
    owners([first, second, third].map((one, at) => ({ ...one, hasBudget: at === 2 }))),
  ).toEqual([expect.objectContaining({ name: third.name })]);
  expect(owners([first, ownerless(second)])).toEqual([]);
  const later = withBudgets([{ ...second, hasBudget: true }], [ownerless(second)]);
  expect(agentChanges(later, [ownerless(second)]).change).toEqual(later);
});

type Release = ReturnType<typeof agentReleases>[number];

const ownerless = (one: Release): Release => ({ ...one, hasBudget: false });

test("another version of what an agent is told is a change, and one that is gone retires", () => {
  const installed = agentReleases(read(launch()), agentConfig(CHAINS));
  const later = CHAINS.map((chain) => ({ ...chain, since: chain.since + 1 }));
  const list = launch() as { validators: Record<string, unknown> };
  delete list.validators.chain3;
  const changes = agentChanges(agentReleases(read(list), agentConfig(later)), installed);

  expect(changes.change).toHaveLength(23);
  expect(changes.retire.map(({ group }) => group)).toEqual(["chain3", "chain3", "chain3"]);
});

test("an agent does not get another key under its name", () => {
  const installed = agentReleases(
    read({ validators: { chain1: [signing(1)] } }),
    agentConfig(CHAINS),
  );
  const other = {
    ...signing(1),
    address: account(999),
    key: { id: keyId(9), region: "eu-west-1" },
  };
  const wanted = agentReleases(read({ validators: { chain1: [other] } }), agentConfig(CHAINS));
  expect(() => agentChanges(wanted, installed)).toThrow(
    expect.objectContaining({ code: "key-replaced" }),
  );
});

const validators = (...all: object[]) => ({ validators: { chain1: all } });
const relayers = (routes: object[], ...instances: object[]) => ({
  relayers: { all: { routes, instances } },
});
const route = { origin: "chain1", destination: "chain2" };

test.each<[string, object, string]>([
  ["a chain that is not there", { validators: { chain9: [signing(1)] } }, "no chain chain9"],
  ["a route from nowhere", relayers([{ ...route, origin: "chain9" }], entry(1)), "no chain chain9"],
  ["a route to itself", relayers([{ ...route, destination: "chain1" }], entry(1)), "routes.0"],
  ["no routes", relayers([], entry(1)), "relayers.all.routes"],
  ["no instance", relayers([route]), "relayers.all.instances"],
  ["no validator", validators(), "validators.chain1"],
  ["no bucket", validators(entry(1)), "validators.chain1.0.bucket"],
  ["a bucket of a relayer", relayers([route], signing(1)), "relayers.all.instances.0"],
  [
    "an alias for a key",
    validators({ ...signing(1), key: { id: "alias/a", region: "eu-west-1" } }),
    "validators.chain1.0.key.id",
  ],
  [
    "a private key",
    validators({ ...signing(1), key: { id: `0x${"1".repeat(64)}`, region: "eu-west-1" } }),
    "validators.chain1.0.key.id",
  ],
  ["a name twice", validators(signing(1), { ...signing(2), name: "n1" }), "validators.chain1.n1"],
  [
    "an address twice",
    validators(signing(1), { ...signing(2), address: account(101) }),
    "the address",
  ],
  [
    "a bucket twice",
    validators(signing(1), { ...signing(2), bucket: signing(1).bucket }),
    "bucket",
  ],
  [
    "a key of a validator and a relayer",
    {
      ...validators(signing(1)),
      ...relayers([route], { ...entry(2), key: { id: keyId(1), region: "eu-west-1" } }),
    },
    "validators.chain1.n1 and relayers.all.n2",
  ],
])("%s is refused by its place", (_, list, place) => {
  expect(() => read(list)).toThrow(
    expect.objectContaining({ code: "bad-agents", why: expect.stringContaining(place) }),
  );
});

test("what is no YAML is refused", () => {
  expect(() => readAgents("{", "agents.yaml", NAMES)).toThrow(
    expect.objectContaining({ code: "bad-agents" }),
  );
});
