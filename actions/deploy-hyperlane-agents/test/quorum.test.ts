import { contextForTests } from "@playbook/action/testing";
import { Chains } from "../src/chains.ts";

type Known = ConstructorParameters<typeof Chains>[0][number];

const chain = { name: "alpha", chainId: 5, rpcUrls: [{ http: "http://127.0.0.1:9" }] } as Known;
const rpcUrls = ["http://127.0.0.1:9", "http://127.0.0.2:9"].map((value) => ({
  ...{ name: "alpha", value },
}));

test("fewer nodes of a chain than `quorum` asks for are refused before anything is asked", () => {
  const quorum = [{ name: null, count: 2 }];
  const open = () => new Chains([chain], { rpcUrls: [], quorum }, contextForTests());

  expect(open).toThrow(expect.objectContaining({ code: "too-few-endpoints" }));
});

test("as many as it asks for are enough, and another chain's number is not this one's", () => {
  const ofAll = { rpcUrls, quorum: [{ name: null, count: 2 }] };
  const ofAnother = { rpcUrls: [], quorum: [{ name: "beta", count: 2 }] };

  expect(new Chains([chain], ofAll, contextForTests()).urlsOf("alpha")).toHaveLength(2);
  expect(new Chains([chain], ofAnother, contextForTests()).urlsOf("alpha")).toHaveLength(1);
});
