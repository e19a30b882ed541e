export { type Chain, chooseChains, explorerLink, finality, readChains } from "./chain.ts";
export {
  type Deployment,
  type Plan,
  type PlannedChain,
  planDigest,
  planText,
  readPlan,
  type Step,
  stepsOn,
} from "./plan.ts";
export { type Address, address, count, type Hex, hex, type Wei, wei } from "./primitives.ts";
