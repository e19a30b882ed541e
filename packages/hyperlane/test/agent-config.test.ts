import { agentConfig, readAgentConfig } from "../src/index.ts";
import { CHAINS, NAMES } from "./agent-lists.ts";

const text = (over: object = {}) => {
  const { chains } = agentConfig(CHAINS);
  return JSON.stringify({ chains: { ...chains, chain1: { ...chains.chain1, ...over } } });
};

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

test("a chain id that the registry has as text is a number to agents", () => {
  const [chain] = CHAINS as [(typeof CHAINS)[number]];
  const { chains } = agentConfig([{ ...chain, metadata: { ...chain.metadata, chainId: "7" } }]);
  expect(chains[chain.metadata.name]).toMatchObject({ chainId: 7 });
});

test.each([
  ["no JSON", "{", "JSON"],
  ["no chains", "{}", "`chains`"],
  ["no mailbox", text({ mailbox: null }), "chain1: mailbox"],
  ["no reorg period", text({ blocks: {} }), "chain1: blocks.reorgPeriod"],
  ["another name", text({ name: "other" }), "chain1: name"],
])("%s is refused by its place", (_, wrong, place) => {
  const reading = () => readAgentConfig(wrong, "agent-config.json");
  expect(reading).toThrow(expect.objectContaining({ code: "bad-agent-config" }));
  expect(reading).toThrow(place);
});
