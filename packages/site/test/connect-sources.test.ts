import { configFile } from "../src/config.ts";
import { connectSources, originsIn } from "../src/connect-sources.ts";

const OWN = "'self' data: blob:";

test("pages may connect to the addresses that their configuration names, and to what is given", () => {
  const config = configFile({
    subgraph: "https://graph.acme.dev/subgraphs/name/acme/nexus",
    chains: { alpha: { rpc: ["https://rpc.acme.dev:8545/key", "wss://rpc.acme.dev"], id: 1 } },
    again: "https://graph.acme.dev/",
    none: [null, "graph.acme.dev", "ipfs://x", "https://"],
  });

  const sources = connectSources(config, ["wss://relay.walletconnect.org"]);

  expect(sources).toBe(
    `${OWN} https://graph.acme.dev https://rpc.acme.dev:8545 wss://rpc.acme.dev ` +
      "wss://relay.walletconnect.org",
  );
});

test("without a configuration they may connect to the site alone", () => {
  expect(connectSources(undefined, [])).toBe(OWN);
});

test("a star leaves it to the edge", () => {
  expect(connectSources(configFile({ a: "https://a.dev" }), ["*"])).toBeUndefined();
});

test("an address cannot say more than its origin", () => {
  const odd = ["https://a.dev;script-src *", "https://b.dev'\"", "https://user:pass@c.dev/x"];
  expect(originsIn(JSON.stringify(odd))).toEqual(["https://c.dev"]);
});
