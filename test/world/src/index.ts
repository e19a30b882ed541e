import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Aws, type AwsOptions, startAws } from "./aws/aws.ts";
import { type Chain, type ChainOptions, startChain } from "./evm/chain.ts";
import { type Github, type RepositoryOptions, startGithub } from "./github/github.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { type Results, startResults } from "./runner/results.ts";
import { type Runner, startRunner } from "./runner/runner.ts";
import type { Library } from "./runner/sources.ts";
import type { Secret } from "./secret.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export { type Aws, type AwsOptions, startAws } from "./aws/aws.ts";
export { type AwsCommand, awsCommand } from "./aws/command-line.ts";
export type { Fault, SetFault } from "./aws/faults.ts";
export type { CallEvent as AwsCallEvent, CallRecord as AwsCall } from "./aws/journal.ts";
export type { Credentials } from "./aws/keyring.ts";
export type { PolicyDocument } from "./aws/policy.ts";
export type { MadeKey } from "./aws/setup.ts";
export type { Stack } from "./aws/template/stack.ts";
export { AxonNode } from "./axon/axon-node.ts";
export type { Behaviour } from "./axon/behaviour.ts";
export type { NetworkFaults } from "./axon/network-faults.ts";
export type { Keypair } from "./axon/node-files.ts";
export { type Equivocation, Signatures, type Signed, type Vote } from "./axon/signatures.ts";
export { startValidators, type Validators, type ValidatorsOptions } from "./axon/validators.ts";
export { type Browser, type BrowserOptions, startBrowser } from "./browser/browser.ts";
export type { PageRequest, Tab } from "./browser/tab.ts";
export { type Claims, type GithubJob, githubClaims, RELEASE_JOB } from "./claims.ts";
export type { Edge, EdgeRequest } from "./edge/edge.ts";
export type { AccessEntry } from "./eks/eks.ts";
export type { Genesis, Mining } from "./evm/anvil.ts";
export type { Chain, ChainOptions } from "./evm/chain.ts";
export { startChain } from "./evm/chain.ts";
export type { ChainMetadata } from "./evm/chain-metadata.ts";
export type { PoolLimits } from "./evm/pool-rules.ts";
export { RpcError } from "./evm/rpc.ts";
export type { CallListener, Chaos, RpcProxy, SeenCall } from "./evm/rpc-proxy.ts";
export type { Action, Cut, Rule } from "./evm/rpc-rules.ts";
export { installSvm, solcFor } from "./evm/solc.ts";
export type { GithubFault } from "./github/faults.ts";
export { type Github, type RepositoryOptions, startGithub } from "./github/github.ts";
export type { Comment, Deployment, Pull, Repository, WorkflowRun } from "./github/state.ts";
export type { AdminRequest } from "./graph/admin.ts";
export { type GraphNode, type GraphNodeOptions, startGraphNode } from "./graph/graph-node.ts";
export {
  type OriginalGraphNode,
  type OriginalGraphNodeOptions,
  startOriginalGraphNode,
} from "./graph/original/graph-node.ts";
export type { SwitchingMode } from "./graph/versions.ts";
export type { AgentBehaviour } from "./hyperlane/agent-behaviour.ts";
export {
  type HyperlaneValidator,
  type HyperlaneValidatorOptions,
  startHyperlaneValidator,
} from "./hyperlane/start-validator.ts";
export { type Ipfs, type IpfsOptions, startIpfs } from "./ipfs/ipfs.ts";
export {
  type Grant,
  type Issuer,
  type IssuerFault,
  type SignOptions,
  startIssuer,
} from "./issuer.ts";
export { KubeApi, KubeError } from "./kube/api.ts";
export { clientsFolder } from "./kube/clients.ts";
export { type Cluster, type ClusterOptions, startCluster } from "./kube/cluster.ts";
export { type DiskFault, Disks } from "./kube/disks.ts";
export type { Gate, SeenRequest } from "./kube/gate.ts";
export type { Asked, GateFault, SetGateFault } from "./kube/gate-rules.ts";
export type { NodeOptions } from "./kube/nodes.ts";
export { addNodes } from "./kube/nodes.ts";
export type { KubeObject } from "./kube/object.ts";
export { type Pods, type PodsOptions, startPods } from "./kube/pods/pods.ts";
export { BEHAVIOUR, READY_AFTER } from "./kube/stages.ts";
export type { User } from "./kube/tokens.ts";
export { until } from "./kube/until.ts";
export { type NpmRegistry, startNpmRegistry } from "./npm/npm-registry.ts";
export { type Postgres, startPostgres } from "./postgres.ts";
export { freePort, type Process, type ProcessOptions, startProcess } from "./process.ts";
export type { Approve, Waiting } from "./runner/admission.ts";
export type { Annotation } from "./runner/annotation.ts";
export type { Trigger } from "./runner/event.ts";
export type { EnvironmentRules } from "./runner/gate.ts";
export type { Permissions } from "./runner/permissions.ts";
export { type Results, startResults } from "./runner/results.ts";
export type { Run } from "./runner/run.ts";
export type { JobResult, LogLine, StepResult } from "./runner/run-log.ts";
export type { RunConclusion, RunResult } from "./runner/run-result.ts";
export { type Runner, type RunOptions, startRunner } from "./runner/runner.ts";
export type { Library } from "./runner/sources.ts";
export type { StepEnvironment, Trace } from "./runner/traces.ts";
export type { Secret } from "./secret.ts";
export { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";
export {
  startWalledNetwork,
  type WalledNetwork,
  type WalledNetworkOptions,
} from "./walled-network.ts";

type Chains = readonly ChainOptions[];
type Cloud = Omit<AwsOptions, "dir" | "issuer">;
type Hub = {
  /** What workflows can use by name: releases of ours. */
  libraries?: Library[];
  /** Repositories that are not all defaults, by `owner/name`. */
  repositories?: Record<string, RepositoryOptions>;
};

export type WorldOptions<
  Asked extends Chains = Chains,
  Sky extends Cloud | undefined = undefined,
  Center extends Hub | undefined = undefined,
> = {
  chains?: Asked;
  /** An AWS account, and the issuer whose tokens it can be told to trust. */
  aws?: Sky;
  /** GitHub: its API, and a runner whose jobs have identities of the issuer's. */
  github?: Center;
};

export type World<
  Asked extends Chains = Chains,
  Sky extends Cloud | undefined = undefined,
  Center extends Hub | undefined = undefined,
> = AsyncDisposable & {
  /** For files of the test's own; it goes with the world. */
  readonly dir: string;
  /** In the order in which they were asked for. */
  readonly chains: { readonly [Index in keyof Asked]: Chain };
  readonly aws: Sky extends Cloud ? Aws : undefined;
  readonly issuer: Sky extends Cloud ? Issuer : Center extends Hub ? Issuer : undefined;
  readonly github: Center extends Hub ? Github : undefined;
  readonly runner: Center extends Hub ? Runner : undefined;
  /** Every secret that any part of it has given out, whether it still opens something or not. */
  secrets(): Secret[];
};

/**
 * Starts the machine-size world: what is asked for, in parallel, on free ports, in a folder of its
 * own. Several at once do not know of each other. It ends when it is disposed of, or with this
 * process.
 */
export async function startWorld<
  const Asked extends Chains = readonly [],
  const Sky extends Cloud | undefined = undefined,
  const Center extends Hub | undefined = undefined,
>(options: WorldOptions<Asked, Sky, Center> = {}): Promise<World<Asked, Sky, Center>> {
  const folder = await temporaryFolder("world");
  const parts: AsyncDisposable[] = [];
  const dispose = async () => {
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  };
  const part: StartPart = async (name, start) => {
    const dir = join(folder.path, "parts", name);
    await mkdir(dir, { recursive: true });
    const started = await start(dir);
    parts.push(started);
    return started;
  };

  try {
    // What the world is made of. A further part is one more line here.
    const { aws: sky, github: center } = options;
    const known = sky || center ? part("issuer", () => startIssuer()) : undefined;
    const [issuer, chains, aws, [github, runner]] = await allOf([
      known,
      allOf(
        (options.chains ?? []).map((chain, index) =>
          part(`chain-${index}`, (dir) => startChain({ dir, ...chain })),
        ),
      ),
      sky && known && startCloud(sky, known, part),
      center && known ? startHub(center, known, part) : [],
    ]);

    return {
      dir: folder.path,
      chains: chains as unknown as World<Asked, Sky, Center>["chains"],
      issuer: issuer as World<Asked, Sky, Center>["issuer"],
      aws: aws as World<Asked, Sky, Center>["aws"],
      github: github as World<Asked, Sky, Center>["github"],
      runner: runner as World<Asked, Sky, Center>["runner"],
      secrets: () => [issuer, aws, github, runner].flatMap((part) => part?.secrets() ?? []),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Starts a part in a folder of its own below the world's. */
type StartPart = <Part extends AsyncDisposable>(
  name: string,
  start: (dir: string) => Promise<Part>,
) => Promise<Part>;

async function startCloud(options: Cloud, known: Promise<Issuer>, part: StartPart): Promise<Aws> {
  const issuer = await known;
  return part("aws", (dir) => startAws({ dir, issuer, ...options }));
}

async function startHub(
  { libraries, repositories = {} }: Hub,
  known: Promise<Issuer>,
  part: StartPart,
): Promise<[Github, Runner]> {
  const results: Results = await part("results", () => startResults());
  const github = await part("github", () => startGithub({ results }));
  for (const [name, repository] of Object.entries(repositories)) {
    github.repository(name, repository);
  }
  const issuer = await known;
  return [github, await part("runner", () => startRunner({ github, issuer, results }, libraries))];
}

/** Like Promise.all, but waits for the others when one fails: what still starts cannot be ended. */
async function allOf<const Parts extends readonly unknown[]>(
  parts: Parts,
): Promise<{ [Index in keyof Parts]: Awaited<Parts[Index]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
