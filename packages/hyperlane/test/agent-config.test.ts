import { agentConfig, readAgentConfig } from "../src/index.ts";
import { CHAINS, NAMES } from "./agent-lists.ts";

const text = (over: object = {}) => {
  const { chains } = agentConfig(CHAINS);
  return JSON.stringify({ chains: { ...chains, chain1: { ...chains.chain1, ...over } } });
};

const bare = () => agentConfig(CHAINS).chains.chain1 as Record<string, unknown>;

test("what is written is read, and kept as it is", () => {
  const { chains, config } = readAgentConfig(text(), "agent-config.json");
  expect(chains.map(({ name }) => name)).toEqual(NAMES);
  expect(chains[0]).toMatchObject({ index: { from: 7 }, blocks: { reorgPeriod: 5 } });
  expect(config).toEqual(agentConfig(CHAINS));
});

test("how agents index a chain is the metadata's, and where they begin the mailbox's, if it does not say", () => {
  const [chain] = CHAINS as [(typeof CHAINS)[number]];
  const indexOf = (index: object) => {
    const { chains } = agentConfig([{ ...chain, metadata: { ...chain.metadata, index } }]);
    return chains[chain.metadata.name];
  };
  expect(indexOf({ chunk: 5 })).toMatchObject({ index: { from: chain.since, chunk: 5 } });
  expect(indexOf({ from: 1 })).toMatchObject({ index: { from: 1 } });
});

test("on Arbitrum's stack, where a mailbox knows the parent's blocks, agents begin with the first", () => {
  const [chain] = CHAINS as [(typeof CHAINS)[number]];
  const metadata = { ...chain.metadata, technicalStack: "arbitrumnitro" };
  const from = (own: object) => {
    const { chains } = agentConfig([{ ...chain, metadata: { ...metadata, ...own } }]);
    return (chains[metadata.name] as { index: object }).index;
  };
  expect(from({})).toEqual({ from: 0 });
  expect(from({ index: { from: 9 } })).toEqual({ from: 9 });
});

test("agents are told of what kind a chain is, which its metadata may leave out", () => {
  const [chain] = CHAINS as [(typeof CHAINS)[number]];
  const { protocol: _, ...metadata } = chain.metadata;
  const { chains } = agentConfig([{ ...chain, metadata }]);
  expect(chains[chain.metadata.name]).toMatchObject({ protocol: "ethereum" });
});

test.each([undefined, { confirmations: 2 }])(
  "a chain whose entry has no reorg period has what agents take for it, and is read: %j",
  (blocks) => {
    const [chain] = CHAINS as [(typeof CHAINS)[number]];
    const config = agentConfig([{ ...chain, metadata: { ...chain.metadata, blocks } }]);
    const { chains } = readAgentConfig(JSON.stringify(config), "agent-config.json");
    expect(chains).toMatchObject([{ blocks: { reorgPeriod: 1, ...blocks } }]);
  },
);

test("what the official CLI writes of an entry that says little is read as agents take it", () => {
  const { protocol: _, interchainGasPaymaster: __, ...chain1 } = bare();
  const written = JSON.stringify({ chains: { chain1: { ...chain1, blocks: {}, index: {} } } });
  const { chains, config } = readAgentConfig(written, "agent-config.json");
  expect(chains).toMatchObject([{ name: "chain1", blocks: { reorgPeriod: 1 } }]);
  expect(chains[0]?.index.from).toBeUndefined();
  const nobody = `0x${"0".repeat(40)}`;
  expect(config.chains.chain1).toEqual({
    ...{ ...chain1, protocol: "ethereum", interchainGasPaymaster: nobody },
    ...{ blocks: { reorgPeriod: 1 }, index: { from: 0 } },
  });
});

test("chains of other virtual machines are none of this library's", () => {
  const other = {
    ...bare(),
    name: "far",
    protocol: "sealevel",
    mailbox: "E588QtVUvresuXq2KoNEwAmoifCzYGpRBdHByN9KQMbi",
  };
  const written = JSON.stringify({ chains: { far: other, chain1: bare() } });
  const { chains, config } = readAgentConfig(written, "agent-config.json");
  expect(chains.map(({ name }) => name)).toEqual(["chain1"]);
  expect(Object.keys(config.chains)).toEqual(["chain1"]);
});

test("a chain id that the registry has as text is a number to agents", () => {
  const [chain] = CHAINS as [(typeof CHAINS)[number]];
  const { chains } = agentConfig([{ ...chain, metadata: { ...chain.metadata, chainId: "7" } }]);
  expect(chains[chain.metadata.name]).toMatchObject({ chainId: 7 });
});

test.each([
  ["no JSON", "{", "JSON"],
  ["no chains", "{}", "`chains`"],
  ["no mailbox", text({ mailbox: null }), "chain1: mailbox"],
  ["no chain id", text({ chainId: undefined }), "chain1: chainId"],
  [
    "a reorg period that is none",
    text({ blocks: { reorgPeriod: true } }),
    "chain1: blocks.reorgPeriod",
  ],
  ["another name", text({ name: "other" }), "chain1: name"],
])("%s is refused by its place", (_, wrong, place) => {
  const reading = () => readAgentConfig(wrong, "agent-config.json");
  expect(reading).toThrow(expect.objectContaining({ code: "bad-agent-config" }));
  expect(reading).toThrow(place);
});
