export { type Adoptable, type AdoptInputs, adoptKey, findAdoption } from "./broadcaster/adopt.ts";
export {
  type Broadcast,
  type Broadcasted,
  broadcast,
  openAndBroadcast,
} from "./broadcaster/broadcast.ts";
export { DATA_MARGIN } from "./broadcaster/data-gas.ts";
export type { Policy } from "./broadcaster/decision.ts";
export { within } from "./broadcaster/errors.ts";
export { giveUp } from "./broadcaster/give-up.ts";
export { insisting } from "./broadcaster/insisting.ts";
export type { Finality } from "./broadcaster/observe.ts";
export { closePlan, openPlan } from "./broadcaster/open.ts";
export { type Preparation, prepare, type Readiness } from "./broadcaster/prepare.ts";
export { type Chain, chooseChains, explorerLink, finality, readChains } from "./chain.ts";
export {
  type Attempt,
  type ChainDone,
  type DeploymentEvent,
  DeploymentRecord,
  type DeploymentState,
  deploymentName,
  getBlob,
  givenUp,
  isGivenUp,
  nothingToAbandon,
  putBlob,
  type StepResult,
} from "./deployment.ts";
export {
  type BlockTag,
  Endpoint,
  type Head,
  type Question,
  type Receipt,
  type Wire,
} from "./endpoint.ts";
export { type DataPrice, dataFee, type Market } from "./fees.ts";
export { hasEthereumsRules, OSAKA_CODE, TRANSACTION_GAS_CAP } from "./gas-cap.ts";
export {
  FEE_FIELDS,
  type FeeOverride,
  type GasPolicy,
  gasPolicy,
  ORACLES,
  withFees,
} from "./gas-policy.ts";
export { hostOf } from "./host.ts";
export type { Adoption, Sighting } from "./ledger/adoption.ts";
export type { Body, Settlement } from "./ledger/entry.ts";
export { everyLedger, Ledger, type LedgerKey, ledgersOf } from "./ledger/ledger.ts";
export { drawLedger } from "./ledger/picture.ts";
export { type Advice, type Shown, type Standing, standingOf } from "./ledger/standing.ts";
export type { LedgerState, Slot } from "./ledger/state.ts";
export { dataGasCall } from "./node-interface.ts";
export {
  type Deployment,
  type Held,
  type Plan,
  type PlannedChain,
  planDigest,
  planText,
  planUnreadable,
  type Rights,
  readPlan,
  type Step,
  stepsOn,
} from "./plan.ts";
export {
  type Address,
  address,
  count,
  domain,
  type Hex,
  hex,
  type Wei,
  wei,
} from "./primitives.ts";
export { type Connection, connect, quorumOf } from "./quorum/connect.ts";
export { NodesDisagree } from "./quorum/disagree.ts";
export { saysItFails } from "./refusal.ts";
export { Rpc } from "./rpc.ts";
export { NoAnswer, RpcError, RpcUnreachable, unlessRefused } from "./rpc-error.ts";
export type { Signer } from "./transaction.ts";
