import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Aws, type AwsOptions, startAws } from "./aws/aws.ts";
import { type Chain, type ChainOptions, startChain } from "./evm/chain.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export { type Aws, type AwsOptions, startAws } from "./aws/aws.ts";
export type { Fault, SetFault } from "./aws/faults.ts";
export type { CallEvent as AwsCallEvent, CallRecord as AwsCall } from "./aws/journal.ts";
export type { Credentials } from "./aws/keyring.ts";
export type { PolicyDocument } from "./aws/policy.ts";
export type { MadeKey } from "./aws/setup.ts";
export type { Stack } from "./aws/template/stack.ts";
export { type Claims, type GithubJob, githubClaims } from "./claims.ts";
export type { Genesis, Mining } from "./evm/anvil.ts";
export type { Chain, ChainOptions } from "./evm/chain.ts";
export { startChain } from "./evm/chain.ts";
export type { ChainMetadata } from "./evm/chain-metadata.ts";
export type { PoolLimits } from "./evm/pool-rules.ts";
export { RpcError } from "./evm/rpc.ts";
export type { CallListener, Chaos, SeenCall } from "./evm/rpc-proxy.ts";
export type { Action, Cut, Rule } from "./evm/rpc-rules.ts";
export { installSvm, solcFor } from "./evm/solc.ts";
export {
  type Grant,
  type Issuer,
  type IssuerFault,
  type SignOptions,
  startIssuer,
} from "./issuer.ts";
export { freePort, type Process, type ProcessOptions, startProcess } from "./process.ts";
export { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

type Chains = readonly ChainOptions[];
type Cloud = Omit<AwsOptions, "dir" | "issuer">;

export type WorldOptions<
  Asked extends Chains = Chains,
  Sky extends Cloud | undefined = undefined,
> = {
  chains?: Asked;
  /** An AWS account, and the issuer whose tokens it can be told to trust. */
  aws?: Sky;
};

export type World<
  Asked extends Chains = Chains,
  Sky extends Cloud | undefined = undefined,
> = AsyncDisposable & {
  /** For files of the test's own; it goes with the world. */
  readonly dir: string;
  /** In the order in which they were asked for. */
  readonly chains: { readonly [Index in keyof Asked]: Chain };
  readonly aws: Sky extends Cloud ? Aws : undefined;
  readonly issuer: Sky extends Cloud ? Issuer : undefined;
};

/**
 * Starts the machine-size world: what is asked for, in parallel, on free ports, in a folder of its
 * own. Several at once do not know of each other. It ends when it is disposed of, or with this
 * process.
 */
export async function startWorld<
  const Asked extends Chains = readonly [],
  const Sky extends Cloud | undefined = undefined,
>(options: WorldOptions<Asked, Sky> = {}): Promise<World<Asked, Sky>> {
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
    // What the world is made of. A further part (the runner) is one more line here.
    const [chains, [issuer, aws]] = await allOf([
      allOf(
        (options.chains ?? []).map((chain, index) =>
          part(`chain-${index}`, (dir) => startChain({ dir, ...chain })),
        ),
      ),
      options.aws === undefined ? [] : startCloud(options.aws, part),
    ]);

    return {
      dir: folder.path,
      chains: chains as unknown as World<Asked, Sky>["chains"],
      issuer: issuer as World<Asked, Sky>["issuer"],
      aws: aws as World<Asked, Sky>["aws"],
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

async function startCloud(options: Cloud, part: StartPart): Promise<[Issuer, Aws]> {
  const issuer = await part("issuer", () => startIssuer());
  return [issuer, await part("aws", (dir) => startAws({ dir, issuer, ...options }))];
}

/** Like Promise.all, but waits for the others when one fails: what still starts cannot be ended. */
async function allOf<const Parts extends readonly unknown[]>(
  parts: Parts,
): Promise<{ [Index in keyof Parts]: Awaited<Parts[Index]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
