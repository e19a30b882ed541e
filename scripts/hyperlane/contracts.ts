import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { Interface, type InterfaceAbi } from "ethers";
import { tool } from "../tools.ts";

const MULTISIG = "contracts/isms/multisig/StaticMultisigIsm.sol";
const WEIGHTED = "contracts/isms/multisig/WeightedMultisigIsm.sol";
const STORAGE = "contracts/isms/multisig/StorageMultisigIsm.sol";
const TRANSPARENT = "@openzeppelin/contracts/proxy/transparent";

/** Where the package has the contracts that a core deployment is made of. */
const FOLDERS = {
  AmountRoutingHook: "contracts/hooks/routing",
  AmountRoutingIsm: "contracts/isms/warp-route",
  AtomicInitDefaultFallbackRoutingIsm: "contracts/isms/routing",
  AtomicInitDomainRoutingIsm: "contracts/isms/routing",
  AtomicInitIncrementalDomainRoutingIsm: "contracts/isms/routing",
  BlacklistIsm: "contracts/isms",
  CommitmentReadIsm: "contracts/isms/ccip-read/CommitmentReadIsm.sol",
  DefaultHook: "contracts/hooks",
  DomainRoutingHook: "contracts/hooks/routing",
  DomainRoutingIsm: "contracts/isms/routing",
  DomainRoutingIsmFactory: "contracts/isms/routing/DomainRoutingIsmFactory.sol",
  FallbackDomainRoutingHook: "contracts/hooks/routing",
  IncrementalDomainRoutingIsm: "contracts/isms/routing",
  IncrementalDomainRoutingIsmFactory: "contracts/isms/routing",
  InterchainAccountRouter: "contracts/middleware",
  InterchainGasPaymaster: "contracts/hooks/igp",
  Mailbox: "contracts",
  MerkleTreeHook: "contracts/hooks",
  MinimalInterchainAccountRouter: "contracts/middleware",
  PausableHook: "contracts/hooks",
  PausableIsm: "contracts/isms",
  ProtocolFee: "contracts/hooks",
  ProxyAdmin: TRANSPARENT,
  QuotedCalls: "contracts/token/QuotedCalls.sol",
  StaticAggregationHook: "contracts/hooks/aggregation",
  StaticAggregationHookFactory: "contracts/hooks/aggregation",
  StaticAggregationIsm: "contracts/isms/aggregation",
  StaticAggregationIsmFactory: "contracts/isms/aggregation",
  StaticMerkleRootMultisigIsm: MULTISIG,
  StaticMerkleRootMultisigIsmFactory: MULTISIG,
  StaticMerkleRootWeightedMultisigIsm: WEIGHTED,
  StaticMerkleRootWeightedMultisigIsmFactory: WEIGHTED,
  StaticMessageIdMultisigIsm: MULTISIG,
  StaticMessageIdMultisigIsmFactory: MULTISIG,
  StaticMessageIdWeightedMultisigIsm: WEIGHTED,
  StaticMessageIdWeightedMultisigIsmFactory: WEIGHTED,
  StorageAggregationIsm: "contracts/isms/aggregation/StorageAggregationIsm.sol",
  StorageGasOracle: "contracts/hooks/igp",
  StorageMerkleRootMultisigIsm: STORAGE,
  StorageMessageIdMultisigIsm: STORAGE,
  TestIsm: "contracts/test",
  TestRecipient: "contracts/test",
  TimelockController: "@openzeppelin/contracts/governance",
  TransparentUpgradeableProxy: `${TRANSPARENT}/TransparentUpgradeableProxy.sol`,
  TrustedRelayerIsm: "contracts/isms",
  ValidatorAnnounce: "contracts/isms/multisig",
};

type Contract = { abi: string[]; bytecode: string };

/** Interface and creation code of each contract, out of the published package. */
export async function readContracts(): Promise<Record<string, Contract>> {
  const read = Object.entries(FOLDERS).map(async ([name, folder]) => {
    return [name, await readContract(folder, name)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** The same of one, by the package's folder that it is in. */
export async function readContract(folder: string, name: string): Promise<Contract> {
  const factories = await tool("hyperlane-core");
  return contractOf(await readFile(join(factories, folder, `${name}__factory.js`), "utf8"));
}

/** The two literals of a factory's module, which wants another version of ethers to be loaded. */
function contractOf(text: string): Contract {
  const abi = literal(text, "_abi") as InterfaceAbi;
  const bytecode = literal(text, "_bytecode") as string;
  const fragments = new Interface(abi).format().filter((one) => !one.startsWith("event"));
  return { abi: fragments, bytecode };
}

function literal(text: string, name: string): unknown {
  const [, source] = new RegExp(`const ${name} = ([^;]+);\\n`).exec(text) ?? [];
  if (!source) throw new Error(`a factory without ${name}`);
  return runInNewContext(`(${source})`);
}

/** The text of the generated file. */
export async function contractsText(): Promise<string> {
  const contracts = Object.entries(await readContracts()).map(
    ([name, { abi, bytecode }]) => `  ${name}: {
    abi: [
${abi.map((one) => `      ${JSON.stringify(one)},\n`).join("")}    ],
    bytecode:
      "${bytecode}",
  },
`,
  );
  return `// Generated from @hyperlane-xyz/core by scripts/hyperlane/extract.ts.
export const contracts = {
${contracts.join("")}} as const;
`;
}
