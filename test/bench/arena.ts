import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  type Aws,
  type Chain,
  installSvm,
  startAws,
  startChain,
  temporaryFolder,
} from "@playbook/world";
import { stringify } from "yaml";
import { foundry } from "../../scripts/tools.ts";
import { installProduct } from "../products/install.ts";
import { type Command, type Measured, measure } from "./measured.ts";

export type Setting = {
  /** How many chains get the same, at once. */
  chains: number;
  /** On each chain: a creation and calls of what it has made. */
  transactions: number;
  mining: "auto" | { everySeconds: number };
  /** What every call to KMS, S3 and a chain waits. */
  delayMs: number;
  /** Transactions under way at once, to begin with; for us only, forge has no such thing. */
  window: number;
};

/** What a tool did to the world beside ending. */
export type Traces = {
  /** Blocks from the first with a transaction to the last, on the chain that took most. */
  blocks: number;
  calls: { kms: number; s3: number; rpc: number };
  /** HTTP requests that carried the calls to the nodes. */
  requests: number;
};

/** One setting, with everything compiled: each tool is given a chain and a state that are new. */
export type Arena = AsyncDisposable & {
  readonly chains: readonly Chain[];
  /** Makes the world new. Resolves to the name of a release that is not there yet. */
  fresh(): Promise<string>;
  /** One process for each chain: forge sends to one chain after the other. */
  forge(flags?: string[]): Command[];
  plan(release: string): Command;
  apply(release: string, digest: string): Command;
  /** Transactions of the key that are in blocks, over all chains. */
  mined(): Promise<number>;
  /** Forgets the calls so far. */
  forget(): void;
  traces(): Promise<Traces>;
};

const FIRST_ID = 20_000;

export async function openArena(main: string, setting: Setting): Promise<Arena> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await temporaryFolder("bench"));
  const aws = opening.use(
    await startAws({ backend: "fast", evaluate: false, dir: join(folder.path, "aws") }),
  );
  const chains: Chain[] = [];
  for (let index = 0; index < setting.chains; index += 1) {
    const options = { id: FIRST_ID + index, name: `chain${index}`, mining: setting.mining };
    chains.push(opening.use(await startChain(options)));
  }
  const key = await aws.createKey();
  await aws.createBucket("bench");
  const home = join(folder.path, "home");
  await mkdir(home);
  await installSvm(home, ["0.8.30"]);
  const project = await installProduct("counter", join(folder.path, "counter"), {
    compiled: "default",
  });
  const metadata = chains.map((chain) => [chain.name, chain.metadata()]);
  await writeFile(join(project, "chains.yaml"), stringify(Object.fromEntries(metadata)));

  const env = { ...environment(home), ...aws.environment(aws.admin) };
  const world = { main, setting, aws, chains, key, project, env };
  const resources = opening.move();
  return {
    chains,
    ...commands(world),
    ...sights(world),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type World = {
  main: string;
  setting: Setting;
  aws: Aws;
  chains: Chain[];
  key: { id: string; arn: string; address: string };
  project: string;
  env: Record<string, string>;
};

function commands({ main, setting, aws, chains, key, project, env }: World) {
  const { transactions, window } = setting;
  const script = ["script/Count.s.sol", "--sig", "run(uint256)", `${transactions}`];
  const act = (inputs: Record<string, string>): Command => ({
    command: process.execPath,
    args: [main],
    cwd: project,
    env: { ...env, ...asInputs(inputs) },
  });
  const common = (release: string) => ({
    environment: "bench",
    release,
    "rpc-urls": chains.map(({ name, url }) => `${name}=${url}`).join("\n"),
  });
  return {
    forge: (flags: string[] = []) =>
      chains.map((chain) => ({
        command: foundry("forge"),
        args: [
          ...["script", ...script, "--rpc-url", chain.url, "--broadcast"],
          ...["--aws", "--sender", key.address, ...flags],
        ],
        cwd: project,
        env: { ...env, AWS_KMS_KEY_ID: key.id, ALPHA_RPC_URL: chain.url },
      })),
    plan: (release: string) =>
      act({
        ...common(release),
        mode: "plan",
        chains: chains.map(({ name }) => name).join("\n"),
        scripts: chains.map(({ name }) => `${quoted(script)} --rpc-url ${name}`).join("\n"),
        sender: key.address,
      }),
    apply: (release: string, digest: string) =>
      act({
        ...common(release),
        mode: "apply",
        window: `${window}`,
        "plan-digest": digest,
        region: aws.region,
        key: key.arn,
        state: `s3://bench/${release}`,
      }),
  };
}

function quoted(words: string[]): string {
  return words.map((word) => (/[( ]/.test(word) ? `"${word}"` : word)).join(" ");
}

function sights({ setting, aws, chains, key }: World) {
  let runs = 0;
  const forget = () => {
    aws.clearCalls();
    for (const { chaos } of chains) chaos.forget();
  };
  return {
    forget,
    async fresh() {
      runs += 1;
      for (const chain of chains) {
        chain.chaos.calm();
        await chain.restart();
        await chain.setBalance(key.address, 10n ** 21n);
        chain.chaos.setDelay(setting.delayMs);
      }
      aws.delay(setting.delayMs);
      forget();
      return `run-${runs}`;
    },
    async mined() {
      const nonces = await Promise.all(chains.map((chain) => chain.nonce(key.address)));
      return nonces.reduce((sum, nonce) => sum + nonce, 0);
    },
    async traces(): Promise<Traces> {
      const spans = await Promise.all(chains.map(blocksUsed));
      const services = new Map(aws.calls().map(({ request, service }) => [request, service]));
      const of = (service: string) => [...services.values()].filter((one) => one === service);
      const seen = chains.flatMap(({ chaos }) => chaos.calls());
      return {
        blocks: Math.max(...spans),
        calls: { kms: of("kms").length, s3: of("s3").length, rpc: seen.length },
        requests: Math.round(seen.reduce((sum, { together }) => sum + 1 / together, 0)),
      };
    },
  };
}

/** Blocks from the first that holds a transaction to the last. */
async function blocksUsed(chain: Chain): Promise<number> {
  const filled: number[] = [];
  for (let number = 1; number <= (await chain.height()); number += 1) {
    const tag = `0x${number.toString(16)}`;
    const block = await chain.send<{ transactions: string[] }>("eth_getBlockByNumber", [
      tag,
      false,
    ]);
    if (block.transactions.length > 0) filled.push(number);
  }
  const [first, last] = [filled.at(0), filled.at(-1)];
  return first === undefined || last === undefined ? 0 : last - first + 1;
}

/**
 * Plans a release, as the job without rights does. Resolves to what it took and the plan's digest.
 */
export async function planned(
  arena: Arena,
  release: string,
): Promise<{ measured: Measured; digest: string }> {
  const measured = await measure(arena.plan(release));
  const { output } = measured;
  const [digest] =
    /sha256:[0-9a-f]{64}/.exec(output.slice(output.lastIndexOf("plan-digest"))) ?? [];
  if (!digest) throw new Error(`The plan has no digest:\n${output}`);
  return { measured, digest };
}

function environment(home: string): Record<string, string> {
  const path = [join(foundry("forge"), ".."), join(foundry("anvil"), ".."), process.env.PATH];
  return { HOME: home, PATH: path.join(":"), CARGO_HOME: join(homedir(), ".cargo") };
}

function asInputs(inputs: Record<string, string>): Record<string, string> {
  const named = Object.entries(inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return Object.fromEntries(named);
}
