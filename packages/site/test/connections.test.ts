import { forbiddenConnections } from "../src/connections.ts";

const SITE = "https://app.example";
const CONFIG = JSON.stringify({
  subgraph: "https://graph.example/subgraphs/name/nexus",
  chains: { sepolia: { chainId: 5, rpc: ["https://rpc.example:8545/", "wss://rpc.example/ws"] } },
  again: "https://graph.example/other",
  name: "Nexus: https://no.example is said here, and not asked",
});
const ALL = ["https://graph.example", "https://rpc.example:8545", "wss://rpc.example"];

test("what the configuration names and the policy does not is forbidden, each origin once", () => {
  const policy = "default-src 'self'; connect-src 'self' https://relay.example; img-src *";
  expect(forbiddenConnections(CONFIG, policy, SITE)).toEqual({
    origins: ALL,
    needed: ["https://relay.example", ...ALL],
  });
});

test("without connect-src it is default-src that counts", () => {
  expect(forbiddenConnections(CONFIG, "default-src 'self'", SITE).origins).toEqual(ALL);
});

test.each([
  ["none", undefined],
  ["one that says nothing of connections", "frame-ancestors 'none'"],
  ["one that lets code ask anybody", "connect-src *"],
  ["one that names schemes", "connect-src 'self' https: wss:"],
  ["one that names schemes without s", "connect-src http: ws:"],
  ["one that names hosts", "connect-src https://graph.example rpc.example:* rpc.example"],
  ["one that names all hosts below", "connect-src *.example *.example:8545"],
])("a policy forbids nothing: %s", (_, policy) => {
  expect(forbiddenConnections(CONFIG, policy, SITE).origins).toEqual([]);
});

test.each([
  ["another scheme", "http://graph.example/", "connect-src https://graph.example"],
  ["another port", "https://graph.example:8000/", "connect-src https://graph.example"],
  ["a host below", "https://a.graph.example/", "connect-src https://graph.example"],
  ["the host itself of those below", "https://graph.example/", "connect-src *.graph.example"],
  ["anything at all", "https://graph.example/", "connect-src 'none'"],
])("a policy does not mean %s", (_, url, policy) => {
  expect(forbiddenConnections(JSON.stringify([url]), policy, SITE).origins).toHaveLength(1);
});

test("the site itself may be asked where the policy says so", () => {
  const config = JSON.stringify({ subgraph: `${SITE}/graph`, live: "wss://app.example/" });
  expect(forbiddenConnections(config, "connect-src 'self'", SITE).origins).toEqual([]);
});
