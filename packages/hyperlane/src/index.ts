export { type AgentChain, agentConfig } from "./agent-config.ts";
export {
  type MailboxState,
  pausedHooks,
  readAnnounced,
  readMailbox,
  readTree,
  type TreeState,
  treeAmong,
} from "./chain-state.ts";
export {
  type Checkpoint,
  flawOfCheckpoint,
  readCheckpoint,
  type SignedCheckpoint,
  signerOf,
} from "./checkpoint.ts";
export { type CoreConfig, readCoreConfig } from "./config.ts";
export { type ContractName, callOf, interfaceOf } from "./contract.ts";
export { type Domains, desiredOn } from "./desired.ts";
export { type Change, DEPLOYER, type Proposal, type Step } from "./draft.ts";
export {
  type Evidence,
  isEnough,
  judgeOf,
  pausedIn,
  proofFor,
  validatorsIn,
} from "./judges.ts";
export { ledgerSteps } from "./ledger-steps.ts";
export { inserted, rootOf, type Tree } from "./merkle-tree.ts";
export type { Addresses, Desired, Hook, Ism, Observed } from "./model.ts";
export { observe } from "./observe.ts";
export { type ChainPlan, FACTORIES, planChain } from "./plan-chain.ts";
export {
  type Keys,
  notOverruled,
  OVERRULED_BY,
  type Refusal,
  type Rule,
  refusalsOf,
  type Validator,
} from "./policy.ts";
export { addressesText, readAddresses } from "./registry.ts";
export { type SafeBatch, safeBatches } from "./safe-batch.ts";
export { type ToSign, toSign } from "./safe-hash.ts";
export { type Listed, readRegistry, readSources, type Source, type Sources } from "./sources.ts";
