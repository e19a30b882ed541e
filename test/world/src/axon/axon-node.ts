import { join } from "node:path";
import { shell } from "../../../../scripts/tools.ts";
import { ask, httpNode, type Upstream } from "../evm/rpc.ts";
import { type Process, startProcess } from "../process.ts";
import { type Behaviour, writeBehaviour } from "./behaviour.ts";
import type { Keypair } from "./node-files.ts";

export type NodePlace = {
  program: string;
  /** With `config.toml`, `net.key` and `bls.key`. */
  dir: string;
  ip: string;
  keypair: Keypair;
  /** What the program gets from the world, by its variables. */
  env: Record<string, string>;
};

/** One node of a chain: a process that comes and goes, and its folder, which stays. */
export class AxonNode implements AsyncDisposable {
  readonly ip: string;
  readonly dir: string;
  readonly keypair: Keypair;
  readonly rpcUrl: string;
  readonly #place: NodePlace;
  readonly #rpc: { call: Upstream; close(): void };
  #process: Process | undefined;

  constructor(place: NodePlace) {
    this.#place = place;
    this.ip = place.ip;
    this.dir = place.dir;
    this.keypair = place.keypair;
    this.rpcUrl = `http://${place.ip}:8000`;
    this.#rpc = httpNode(this.rpcUrl);
  }

  /** A call of JSON-RPC. */
  call<T>(method: string, ...params: unknown[]): Promise<T> {
    return ask<T>(this.#rpc.call, method, ...params);
  }

  /** The number of its newest block; undefined while it does not answer. */
  async height(): Promise<number | undefined> {
    const answer = this.call<string>("eth_blockNumber");
    return answer.then(Number, () => undefined);
  }

  /** Runs another of the program's commands to its end; rejects with what it said if it fails. */
  run(...args: string[]): Promise<string> {
    return shell(this.#place.program, args, this.#place.env, this.dir);
  }

  init(): Promise<string> {
    return this.run("init", "-c", "config.toml", "-s", "spec.toml");
  }

  /** `axon run`, until it answers; one that never will is awaited until it has begun. */
  async start(behaviour: Behaviour = {}): Promise<void> {
    const { program, dir, env, ip } = this.#place;
    const file = await writeBehaviour(dir, "behaviour", behaviour);
    const answers = async () => (await this.height()) !== undefined;
    this.#process = await startProcess({
      name: `axon at ${ip}`,
      command: program,
      args: ["run", "-c", "config.toml"],
      cwd: dir,
      env: { ...env, WORLD_AXON_BEHAVIOUR: file },
      ready: behaviour.neverReady ? (output) => output.includes("node starts") : answers,
    });
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#process?.stop(0);
  }

  /** Settles with the exit code when the process ends by itself. */
  async ended(): Promise<number | null> {
    return (await this.#process?.exited)?.code ?? null;
  }

  log(): string {
    return this.#process?.output() ?? "";
  }

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rpc.close();
    await this.kill();
  }
}
