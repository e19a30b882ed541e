import type { AgentChain, Agents } from "../src/index.ts";
import { readAgents } from "../src/index.ts";
import { account } from "./wishes.ts";

/** A KMS key that nobody has, by a number. */
export const keyId = (number: number) =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;

/** An entry of the list, as somebody writes it. */
export function entry(number: number): Record<string, unknown> {
  return {
    name: `n${number}`,
    address: account(100 + number),
    key: { id: keyId(number), region: "eu-west-1" },
    roleArn: `arn:aws:iam::111122223333:role/agent-${number}-pod`,
    rpcSecret: "rpc-1",
  };
}

export const signing = (number: number) => ({
  ...entry(number),
  bucket: { name: `checkpoints-${number}`, region: "eu-west-1" },
});

/** A registry's entry of a chain that nobody runs, with a URL that has a key in it. */
export function agentChain(number: number): AgentChain {
  const at = (place: number) => account(1_000 * number + place);
  return {
    metadata: {
      name: `chain${number}`,
      chainId: number,
      domainId: number,
      protocol: "ethereum",
      rpcUrls: [{ http: `https://rpc.example/secret-${number}` }],
      nativeToken: { name: "Ether", symbol: "ETH", decimals: 18 },
      blocks: { confirmations: 1, reorgPeriod: 5, estimateBlockTime: 2 },
    },
    addresses: {
      mailbox: at(1),
      merkleTreeHook: at(2),
      interchainGasPaymaster: at(3),
      validatorAnnounce: at(4),
    },
    since: 7 * number,
  };
}

export const CHAINS = [1, 2, 3, 4, 5, 6, 7, 8].map(agentChain);
export const NAMES = CHAINS.map(({ metadata }) => metadata.name);

/** Three validators a chain, and two relayers for the routes between the first and all others. */
export function launch(): object {
  const validators = NAMES.map((name, at) => [
    name,
    [0, 1, 2].map((one) => signing(10 * at + one)),
  ]);
  const routes = NAMES.slice(1).flatMap((other) => [
    { origin: "chain1", destination: other },
    { origin: other, destination: "chain1" },
  ]);
  const instances = [entry(90), { ...entry(91), standby: true }];
  return {
    validators: Object.fromEntries(validators),
    relayers: { all: { routes, instances, gasPayment: [{ type: "none" }] } },
  };
}

export const read = (list: object): Agents =>
  readAgents(JSON.stringify(list), "agents.yaml", NAMES);
