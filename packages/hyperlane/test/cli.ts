import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startNpmRegistry } from "@playbook/world";
import { parse, stringify } from "yaml";
import { tool } from "../../../scripts/tools.ts";
import { addressesText, readAddresses } from "../src/index.ts";
import type { Addresses } from "../src/model.ts";
import type { Site } from "./site.ts";

/** Of the CLI, as it is pinned. */
const VERSION = "44.0.2";

export type Command = { command: string; args: string[]; cwd: string; env: Record<string, string> };

export type Ended = { code: number; output: string };

/** The official CLI over a registry in a folder, without a network but the chains'. */
export class Cli implements AsyncDisposable {
  readonly #folder: string;
  readonly #program: string;
  readonly #npm: AsyncDisposable;

  private constructor(folder: string, program: string, npm: AsyncDisposable) {
    this.#folder = folder;
    this.#program = program;
    this.#npm = npm;
  }

  [Symbol.asyncDispose]() {
    return this.#npm[Symbol.asyncDispose]();
  }

  static async over(parent: string, sites: Site[]): Promise<Cli> {
    const folder = await mkdtemp(join(parent, "registry-"));
    // Before anything else the CLI asks npm whether it is the newest; it ends where nobody answers.
    const npm = await startNpmRegistry({ "@hyperlane-xyz/cli": VERSION });
    await writeFile(join(folder, ".npmrc"), npm.npmrc);
    const cli = new Cli(folder, await tool("hyperlane-cli"), npm);
    for (const site of sites) await cli.#write(site);
    return cli;
  }

  async #write({ chain, addresses }: Site): Promise<void> {
    const home = join(this.#folder, "chains", chain.name);
    await mkdir(home, { recursive: true });
    const { id } = chain;
    const metadata = { ...chain.metadata(), domainId: id, rpcUrls: [{ http: chain.url }] };
    await writeFile(join(home, "metadata.yaml"), stringify(metadata));
    if (addresses.mailbox) await writeFile(join(home, "addresses.yaml"), addressesText(addresses));
  }

  /** What the CLI left in its registry. */
  async addresses(name: string): Promise<Addresses> {
    const path = join(this.#folder, "chains", name, "addresses.yaml");
    return readAddresses(await readFile(path, "utf8"), path);
  }

  /** `core read`, as text. */
  async read(name: string): Promise<string> {
    const path = join(this.#folder, `${name}-read.yaml`);
    const { code, output } = await this.#run(["core", "read", "--chain", name, "--config", path]);
    if (code !== 0) throw new Error(output);
    return readFile(path, "utf8");
  }

  /** What agents read of a chain, as the CLI writes it. */
  async agentConfig(name: string): Promise<unknown> {
    const path = join(this.#folder, `${name}-agents.json`);
    const args = ["registry", "agent-config", "--chains", name, "--out", path];
    const { code, output } = await this.#run(args);
    if (code !== 0) throw new Error(output);
    return JSON.parse(await readFile(path, "utf8"));
  }

  /** A chain's entry in the registry. */
  async metadata(name: string): Promise<{ name: string }> {
    return parse(await readFile(join(this.#folder, "chains", name, "metadata.yaml"), "utf8"));
  }

  async check(name: string, config: object): Promise<Ended> {
    return ended(await this.#with(name, config, ["core", "check"]));
  }

  async deploy(name: string, config: object, key: string): Promise<Ended> {
    return ended(await this.deploying(name, config, key));
  }

  /** `core deploy`, to be run by whoever measures it. */
  deploying(name: string, config: object, key: string): Promise<Command> {
    return this.#with(name, config, ["core", "deploy", "--key", key]);
  }

  /** `send message` to the test recipient; waits for nobody. */
  async send(origin: string, destination: string, key: string, body: string): Promise<Ended> {
    const route = ["--origin", origin, "--destination", destination, "--body", body];
    return this.#run(["send", "message", ...route, "--key", key, "--quick"]);
  }

  /** The official relayer between chains, with a key that has coins on each. It reads AWS there. */
  relaying(names: string[], key: string, aws: string): Command {
    const cache = join(this.#folder, `relayed-${key.slice(-8)}.json`);
    const chains = [...names.flatMap((name) => ["--chains", name]), "--cache", cache];
    const command = this.#command(["relayer", ...chains, "--key", key]);
    return { ...command, env: { ...command.env, AWS_ENDPOINT_URL: aws, AWS_REGION: "us-east-1" } };
  }

  async #with(name: string, config: object, args: string[]): Promise<Command> {
    const path = join(this.#folder, `${name}-core.yaml`);
    await writeFile(path, stringify(config));
    return this.#command([...args, "--chain", name, "--config", path]);
  }

  #run(args: string[]): Promise<Ended> {
    return ended(this.#command(args));
  }

  #command(args: string[]): Command {
    return {
      command: process.execPath,
      args: [this.#program, ...args, "--registry", this.#folder, "--yes"],
      cwd: this.#folder,
      env: { PATH: process.env.PATH ?? "", HOME: this.#folder },
    };
  }
}

/** `core check` takes a router of interchain accounts that a config leaves out for a difference. */
export function complete(wish: object, said: string): object {
  const { interchainAccountRouter } = parse(said);
  return { ...wish, interchainAccountRouter };
}

function ended({ command, args, ...options }: Command): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` });
    });
  });
}
