import { Wallet } from "ethers";
import { type Site, signerOf } from "./site.ts";
import { account } from "./wishes.ts";

export const domains = { chain5: 5, chain10012: 10012, chain777: 777 };

export const validators = [1, 2, 3]
  .map((number) => new Wallet(`0x${String(number).padStart(64, "0")}`))
  .toSorted((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));

export const multisig = (threshold = 2) => ({
  type: "messageIdMultisigIsm",
  validators: validators.map(({ address }) => address),
  threshold,
});

/** Everything that is known of, for messages from another chain. */
export function config(site: Site, from: string, over: { threshold?: number } = {}) {
  const owner = signerOf(site);
  const modules = [
    multisig(over.threshold),
    { ...multisig(), type: "merkleRootMultisigIsm" },
    { type: "pausableIsm", owner, paused: false },
  ];
  const route = { type: "staticAggregationIsm", modules, threshold: 2 };
  return {
    owner,
    defaultIsm: { type: "domainRoutingIsm", owner, domains: { [from]: route } },
    defaultHook: {
      type: "aggregationHook",
      hooks: [
        { type: "pausableHook", owner, paused: false },
        {
          type: "interchainGasPaymaster",
          owner,
          beneficiary: owner,
          oracleKey: owner,
          quoteSigners: [account(7)],
          overhead: { [from]: 150_000 },
          oracleConfig: {
            [from]: { gasPrice: "1000", tokenExchangeRate: "10000000000", tokenDecimals: 18 },
          },
        },
      ],
    },
    requiredHook: {
      type: "aggregationHook",
      hooks: [
        { type: "merkleTreeHook" },
        {
          type: "protocolFee",
          owner,
          beneficiary: owner,
          maxProtocolFee: "1000000000000000000",
          protocolFee: "7",
        },
      ],
    },
    proxyAdmin: { owner },
  };
}

export type Config = ReturnType<typeof config>;
