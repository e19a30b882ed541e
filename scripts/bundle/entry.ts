// Generated from the folders of actions/ by `npm run sync`: do not edit.
const actions: Record<string, () => Promise<unknown>> = {
  "backup-axon": () => import("../../actions/backup-axon/src/index.ts"),
  "change-axon-validators": () => import("../../actions/change-axon-validators/src/index.ts"),
  "check-hyperlane": () => import("../../actions/check-hyperlane/src/index.ts"),
  "comment-plan": () => import("../../actions/comment-plan/src/index.ts"),
  "create-axon-keys": () => import("../../actions/create-axon-keys/src/index.ts"),
  "deploy-hyperlane-agents": () => import("../../actions/deploy-hyperlane-agents/src/index.ts"),
  "deploy-hyperlane-core": () => import("../../actions/deploy-hyperlane-core/src/index.ts"),
  "deploy-preview": () => import("../../actions/deploy-preview/src/index.ts"),
  "deploy-subgraph": () => import("../../actions/deploy-subgraph/src/index.ts"),
  "deploy-ui": () => import("../../actions/deploy-ui/src/index.ts"),
  "foundry-broadcast-with-kms": () =>
    import("../../actions/foundry-broadcast-with-kms/src/index.ts"),
  "helm-rollout-axon": () => import("../../actions/helm-rollout-axon/src/index.ts"),
  "preview-subgraph": () => import("../../actions/preview-subgraph/src/index.ts"),
  "propose-files": () => import("../../actions/propose-files/src/index.ts"),
  "restore-axon": () => import("../../actions/restore-axon/src/index.ts"),
  "upgrade-axon": () => import("../../actions/upgrade-axon/src/index.ts"),
};

/** Runs the action of this name with the inputs in the environment. */
export async function start(name: string): Promise<void> {
  await actions[name]?.();
}
