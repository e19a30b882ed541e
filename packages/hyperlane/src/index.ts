export {
  type AgentChain,
  type AgentConfig,
  agentConfig,
  type KnownChain,
  readAgentConfig,
} from "./agent-config.ts";
export { withDatabases } from "./agent-databases.ts";
export {
  type AgentChanges,
  type AgentKind,
  type AgentNeeds,
  type AgentRelease,
  agentChanges,
  agentReleases,
  chartValues,
  type Installed,
  releaseName,
  withBudgets,
} from "./agent-releases.ts";
export {
  foresee,
  nextMove,
  type RollingAgent,
  type RolloutMove,
  type RolloutView,
} from "./agent-rollout.ts";
export { type Agents, readAgents } from "./agents.ts";
export { type AnnouncementSight, announcementOf, newestPlace } from "./announcement.ts";
export {
  type DestinationSight,
  lookAtDestination,
  lookAtOrigin,
  mayConcern,
  type OriginSight,
  type SeenQuorum,
  type UnknownModule,
} from "./chain-sight.ts";
export {
  countLeaves,
  entersTree,
  foreignHooks,
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
  type RightCheckpoint,
  readCheckpoint,
  type SignedCheckpoint,
  signerOf,
  spoilsProof,
} from "./checkpoint.ts";
export {
  type AnnouncedPlace,
  announcedAs,
  anybody,
  type BucketPlace,
  type BucketSight,
  countCheckpoints,
  type FoundCheckpoint,
  findCheckpoint,
  findLatest,
  isFlagged,
  lookIntoBucket,
  placeOf,
} from "./checkpoint-bucket.ts";
export { type CoreConfig, readCoreConfig } from "./config.ts";
export { type ContractName, callOf, interfaceOf, NOBODY } from "./contract.ts";
export { DEPLOYER } from "./deployer.ts";
export { type Domains, desiredOn } from "./desired.ts";
export type { Proposal, Step } from "./draft.ts";
export { type GasPolicy, relaysUnpaid } from "./gas-payment.ts";
export { idleOverrides } from "./idle-overrides.ts";
export {
  type Evidence,
  isEnough,
  judgeOf,
  pausedIn,
  proofFor,
  unprovable,
  validatorsIn,
} from "./judges.ts";
export { type AgentVersion, isBefore, strangeChain } from "./known-chains.ts";
export { ledgerSteps } from "./ledger-steps.ts";
export { inserted, isNewest, pathOfNext, rootOf, type Tree } from "./merkle-tree.ts";
export { readMesh } from "./mesh.ts";
export { type Misplaced, misplaced, misplacedTree } from "./misplaced.ts";
export type { Addresses, Desired, Hook, Ism, Observed } from "./model.ts";
export { lookedUp, namesAddresses } from "./named.ts";
export { observe } from "./observe.ts";
export { type ChainPlan, FACTORIES, planChain } from "./plan-chain.ts";
export {
  type Keys,
  notOverruled,
  OVERRULED_BY,
  type Refusal,
  type Rule,
  refusalsOf,
  refusalsOfKeys,
  type Validator,
} from "./policy.ts";
export { foreignIn, type Quorum, quorumsIn, weightIn, withSuccessor } from "./quorum.ts";
export { addressesText, readAddresses } from "./registry.ts";
export {
  nextInRotation,
  type Rotation,
  type RotationStep,
  type RotationView,
  type StandingQuorum,
} from "./rotation.ts";
export { type SafeBatch, safeBatches } from "./safe-batch.ts";
export { type ToSign, toSign } from "./safe-hash.ts";
export {
  lookAtSignature,
  type NewestSignature,
  type SigningSight,
  silenceOf,
} from "./signing.ts";
export {
  type Listed,
  RELEASE_FILE,
  readRegistry,
  readSources,
  type Source,
  type Sources,
  textOf,
} from "./sources.ts";
export type { Scheduled } from "./timelock.ts";
