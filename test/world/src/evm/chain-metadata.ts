/**
 * A chain as the Hyperlane registry describes it (`chains/<name>/metadata.yaml`); the fields that
 * this world can fill in truthfully.
 */
export type ChainMetadata = {
  name: string;
  displayName: string;
  protocol: "ethereum";
  chainId: number;
  domainId: number;
  rpcUrls: { http: string }[];
  nativeToken: { name: string; symbol: string; decimals: number };
  blocks: {
    /** Blocks until a transaction counts as confirmed. */
    confirmations: number;
    /** Blocks until it will hardly be reverted, or the tag of the newest such block. */
    reorgPeriod: number | "finalized";
    /** Seconds. */
    estimateBlockTime: number;
  };
  blockExplorers: { name: string; url: string; apiUrl: string; family: "other" }[];
  technicalStack: "other";
  isTestnet: boolean;
  /** What every transaction carries; `gasPrice` is how the registry marks a legacy chain. */
  transactionOverrides?: { gasPrice: number };
};

export type MetadataFacts = {
  id: number;
  name: string;
  url: string;
  legacy: boolean;
  reorgPeriod: number | "finalized";
  blockSeconds: number;
};

/** A legacy chain's price: that of anvil without a base fee. */
const LEGACY_GAS_PRICE = 1_875_000_000;

export function chainMetadata(facts: MetadataFacts): ChainMetadata {
  const { id, name, url, legacy, reorgPeriod, blockSeconds } = facts;
  const explorer = `https://explorer.${name}.example`;
  return {
    name,
    displayName: `Chain ${id}`,
    protocol: "ethereum",
    chainId: id,
    domainId: id,
    rpcUrls: [{ http: url }],
    nativeToken: { name: "Ether", symbol: "ETH", decimals: 18 },
    blocks: { confirmations: 1, reorgPeriod, estimateBlockTime: blockSeconds },
    blockExplorers: [
      { name: "Explorer", url: explorer, apiUrl: `${explorer}/api`, family: "other" },
    ],
    technicalStack: "other",
    isTestnet: true,
    ...(legacy ? { transactionOverrides: { gasPrice: LEGACY_GAS_PRICE } } : {}),
  };
}
