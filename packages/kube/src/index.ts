export { type MergeChange, mergeAsRead } from "./as-read.ts";
export type { ChartSource } from "./chart.ts";
export { KubeClient, type Propagation, type Where } from "./client.ts";
export type { Connection, Credential } from "./connection.ts";
export { capabilitiesOf, resourceOf } from "./discovery.ts";
export { type Entrance, enter } from "./entrance.ts";
export { isConflict } from "./failure.ts";
export { greetingOf } from "./greeting.ts";
export {
  type Capabilities,
  Helm,
  HISTORY_MAX,
  type HistoryEntry,
  type Release,
  type ReleaseInputs,
  type Upgrade,
} from "./helm.ts";
export type { Driver, HelmInputs } from "./helm-home.ts";
export { hold, holdFor, partitionOf, type Rendered, replicasOf, setPartition } from "./hold.ts";
export type { PatchOperation } from "./holds.ts";
export { repositoryOf } from "./image.ts";
export { connectByFile, defaultPath } from "./kubeconfig.ts";
export { type KubeconfigFile, kubeconfigFile } from "./kubeconfig-file.ts";
export * from "./objects.ts";
export { quantity } from "./quantity.ts";
export {
  decode,
  findRelease,
  isPending,
  lastGood,
  type Mending,
  mendRelease,
  type Revision,
  valuesIn,
} from "./release.ts";
export { type CallOptions, type JsonRpc, podRpc, RpcRefusal, urlRpc } from "./rpc.ts";
export { until, type Waiting } from "./until.ts";
export { MANAGER, type Writing } from "./writing.ts";
