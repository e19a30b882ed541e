import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Aws } from "../aws/aws.ts";
import type { Credentials } from "../aws/keyring.ts";
import type { Chain } from "../evm/chain.ts";
import { type Process, startProcess } from "../process.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { AgentBehaviour } from "./agent-behaviour.ts";

const program = fileURLToPath(new URL("./agent.ts", import.meta.url));

export type HyperlaneValidatorOptions = {
  chain: Chain;
  /** Of the chain's contracts, by the registry's names. */
  addresses: Partial<Record<string, string>>;
  /** The block that it looks from; the first without it. */
  from?: number;
  aws: Aws;
  /** Whose rights it has; the administrator's without them. */
  credentials?: Credentials;
  /** Its key's id. */
  key: string;
  bucket: { name: string; folder?: string };
  reorgPeriod?: number | string;
  behaviour?: AgentBehaviour;
};

export type HyperlaneValidator = AsyncDisposable & {
  /** What it says under `/metrics`. */
  metrics(): Promise<string>;
  /** From its next signature on. */
  behave(behaviour: AgentBehaviour): Promise<void>;
  /** Killed; what it has signed stays. */
  down(): Promise<void>;
  up(): Promise<void>;
  output(): string;
  /** Settles with its exit code when it ends by itself. */
  readonly exited: Promise<number | null>;
};

/**
 * A validator of Hyperlane as a process beside the test, as in a pod of a `hyperlane-agent` image.
 */
export async function startHyperlaneValidator(
  options: HyperlaneValidatorOptions,
): Promise<HyperlaneValidator> {
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryFolder("hyperlane-validator"));
  const files = { config: join(path, "agent.json"), behaviour: join(path, "behaviour.json") };
  const behave = (behaviour: AgentBehaviour) =>
    writeFile(files.behaviour, JSON.stringify(behaviour));
  await behave(options.behaviour ?? {});
  const db = join(path, "db");
  await writeFile(files.config, JSON.stringify({ ...configOf(options), db }));
  let validator = await launch(options, files);
  cleanup.defer(() => validator.stop(0));
  const parts = cleanup.move();
  return {
    behave,
    metrics: async () => {
      const port = /metrics at (\d+)/.exec(validator.output())?.[1];
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    },
    down: () => validator.stop(0),
    up: async () => {
      validator = await launch(options, files);
    },
    output: () => validator.output(),
    get exited() {
      return validator.exited.then(({ code }) => code);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Agents want its address, also where there is none. */
const NOBODY = { interchainGasPaymaster: `0x${"0".repeat(40)}` };

function configOf({ chain, addresses, from = 0, aws, key, ...options }: HyperlaneValidatorOptions) {
  const metadata = chain.metadata();
  const { name, folder } = options.bucket;
  const reorgPeriod = options.reorgPeriod ?? 0;
  const blocks = { ...metadata.blocks, reorgPeriod };
  return {
    ...{ originChainName: chain.name, interval: 1, metricsPort: 0 },
    validator: { type: "aws", id: key, region: aws.region },
    checkpointSyncer: { type: "s3", bucket: name, region: aws.region, ...(folder && { folder }) },
    chains: { [chain.name]: { ...metadata, ...NOBODY, ...addresses, blocks, index: { from } } },
  };
}

function launch(
  { aws, credentials, chain }: HyperlaneValidatorOptions,
  files: { config: string; behaviour: string },
): Promise<Process> {
  return startProcess({
    name: `validator of ${chain.name}`,
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", program, "./validator"],
    env: {
      ...aws.environment(credentials ?? aws.admin),
      PATH: process.env.PATH ?? "",
      CONFIG_FILES: files.config,
      [`HYP_CHAINS_${chain.name.toUpperCase()}_CUSTOMRPCURLS`]: chain.url,
      WORLD_AGENT_BEHAVIOUR: files.behaviour,
    },
    ready: (output) => output.includes("metrics at"),
    deadlineMs: 120_000,
  });
}
