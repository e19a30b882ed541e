export { all } from "./all.ts";
export { type Brought, bring, unfinished } from "./bring.ts";
export { type Asked, broadcastOn, connectionTo, resultOf, urlsOf } from "./chain.ts";
export type { Quorums, RpcUrl } from "./inputs.ts";
export {
  type Opened,
  openSigner,
  type Reach,
  type Rights,
  readState,
  TRIAL,
  writerOf,
} from "./open.ts";
export { plannedOn, type Reached, reachChain, unreachable, wrongChain } from "./planned.ts";
export { linked, money } from "./shown.ts";
