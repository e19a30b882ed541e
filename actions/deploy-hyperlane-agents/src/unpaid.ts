import { type AgentRelease, type GasPolicy, relaysUnpaid } from "@playbook/hyperlane";
import { error, type Finding } from "@playbook/release";

/** What a relayer is told, as far as payments for its messages go. */
type RelayerConfig = {
  chains?: Record<string, { domainId?: number; chainId: number; interchainGasPaymaster: string }>;
  whitelist?: { originDomain: number; destinationDomain: number }[];
  gasPaymentEnforcement?: GasPolicy[];
};

/** Routes of which a relayer would take nothing: what has to be paid can be paid nowhere. */
export function unpaid({ name }: Pick<AgentRelease, "name">, told: string): Finding | undefined {
  const {
    chains = {},
    whitelist = [],
    gasPaymentEnforcement = [],
  }: RelayerConfig = JSON.parse(told);
  const named = new Map(
    Object.entries(chains).map(([chain, one]) => [one.domainId ?? one.chainId, chain]),
  );
  const isFree = (domain: number) =>
    /^0x0{40}$/.test(chains[named.get(domain) ?? ""]?.interchainGasPaymaster ?? "");
  const dead = whitelist.filter(({ originDomain: origin, destinationDomain: destination }) => {
    return isFree(origin) && !relaysUnpaid(gasPaymentEnforcement, { origin, destination });
  });
  if (dead.length === 0) return undefined;
  const routes = dead.map(({ originDomain, destinationDomain }) => {
    return `${named.get(originDomain)} to ${named.get(destinationDomain)}`;
  });
  const why =
    "It would wait for a payment for each message, and where they begin there is no gas " +
    `paymaster to pay: ${routes.join(", ")}.`;
  const next =
    "Let it relay them for nothing, by `gasPayment: [{ type: none }]` in the list of agents; or " +
    "give the chains a paymaster by their core configs.";
  return error("no-paymaster", name, why, next);
}
