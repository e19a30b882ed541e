import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Chain, installSvm, type RpcError } from "@playbook/world";
import { Interface, type Result, Wallet } from "ethers";
import { foundry, shell } from "../../scripts/tools.ts";
import { compilers, installProduct } from "./install.ts";

export const NATIVE = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
export const ETHER = 10n ** 18n;

export type ChainName = "alpha" | "beta" | "gamma";

const TRANSFER =
  "(uint256 nonce, uint256 origin, uint256 destination, (uint256 home, address token) " +
  "asset, address recipient, uint256 amount)";

export const nexusAbi = new Interface([
  `event Sent(bytes32 indexed id, ${TRANSFER} transfer)`,
  "error AlreadyDelivered(bytes32 id)",
  "error RouteClosed(uint256 chainId)",
  "error AccessManagedUnauthorized(address caller)",
  "function send(uint256 destination, address token, uint256 amount, address recipient) payable",
  `function deliver(address peer, ${TRANSFER} transfer)`,
  "function setRoute(uint256 chainId, bool closed)",
]);

/** What a messenger carries from one chain to another. */
export type Carried = { peer: string; transfer: Result };

/** The contract's own words in place of four bytes. */
function rethrowDecoded(error: RpcError): never {
  const decoded = typeof error.data === "string" ? nexusAbi.parseError(error.data) : null;
  throw decoded ? new Error(`${decoded.name}(${decoded.args.join(", ")})`) : error;
}

type Receipt = { status: string; logs: { topics: string[]; data: string }[] };

/**
 * The product as forge itself deploys it: with a raw key, on chains named alpha, beta and gamma.
 */
export class LiveNexus {
  readonly deployer = new Wallet(Wallet.createRandom().privateKey);
  /** How many transactions each script sent to each chain. */
  readonly sent: Record<string, Record<string, number>> = {};
  readonly #chains: readonly Chain[];
  readonly #home: string;

  private constructor(chains: readonly Chain[], home: string) {
    this.#chains = chains;
    this.#home = home;
  }

  /** Installs and compiles the product below `home`, which becomes forge's home folder. */
  static async install(chains: readonly Chain[], home: string): Promise<LiveNexus> {
    const live = new LiveNexus(chains, home);
    await installProduct("nexus", live.folder, { compiled: "quick" });
    await installSvm(home, compilers);
    const { address } = live.deployer;
    await Promise.all(chains.map((chain) => chain.setBalance(address, 100n * ETHER)));
    return live;
  }

  get folder(): string {
    return join(this.#home, "nexus");
  }

  chain(name: ChainName): Chain {
    return this.#chains.find((chain) => chain.name === name) as Chain;
  }

  /** The first release, with `safe` as what governs it in the end. */
  async release(safe: string): Promise<void> {
    await this.broadcast("01_Core", "alpha");
    await this.broadcast("01_Core", "beta");
    await this.broadcast("01_Core", "gamma", ["--legacy"]);
    await this.broadcast("02_Liquidity", "alpha");
    // Before London, a role that is given up refunds half of the gas, and forge's margin is a
    // third.
    const careful = ["--legacy", "--gas-estimate-multiplier", "250"];
    await this.broadcast("03_Configure", undefined, ["--sig", "run(address)", safe, ...careful]);
  }

  /** Runs a script and sends its transactions, on one chain or, without a name, on all. */
  async broadcast(script: string, chain: ChainName | undefined, options: string[] = []) {
    const args = ["script", join(this.folder, `script/${script}.s.sol`), "--root", this.folder];
    if (chain) args.push("--rpc-url", chain);
    args.push(...options, "--broadcast", "--private-key", this.deployer.privateKey);
    await shell(foundry("forge"), args, this.#environment());

    const run = await this.#run(script, chain);
    for (const { chain: id, transactions } of run.deployments ?? [run]) {
      const name = this.#chains.find((chain) => chain.id === id)?.name ?? String(id);
      this.sent[script] ??= {};
      this.sent[script][name] = (this.sent[script][name] ?? 0) + transactions.length;
    }
  }

  #environment(): Record<string, string> {
    const urls = this.#chains.map(({ name, url }) => [`${name.toUpperCase()}_RPC_URL`, url]);
    return { HOME: this.#home, FOUNDRY_PROFILE: "quick", ...Object.fromEntries(urls) };
  }

  #run(script: string, chain: ChainName | undefined) {
    const file = chain
      ? `${script}.s.sol/${this.chain(chain).id}/run-latest.json`
      : `multi/${script}.s.sol-latest/run.json`;
    return this.#json(`broadcast/${file}`);
  }

  async #json(path: string) {
    return JSON.parse(await readFile(join(this.folder, path), "utf8"));
  }

  /** What the scripts wrote: name to address. */
  addresses(chain: ChainName): Promise<Record<string, string>> {
    return this.#json(`deployments/${chain}.json`);
  }

  /** The library that forge linked on that chain: `<path>:<name>:<address>`. */
  async library(chain: ChainName): Promise<string> {
    return (await this.#run("01_Core", chain)).libraries[0];
  }

  /** Calls a view function, written as in Solidity, of a contract by its name or address. */
  async read(chain: ChainName, contract: string, signature: string, ...args: unknown[]) {
    const to = contract.startsWith("0x") ? contract : (await this.addresses(chain))[contract];
    const abi = new Interface([`function ${signature}`]);
    const [name = ""] = signature.split("(");
    const data = abi.encodeFunctionData(name, args);
    const output = await this.chain(chain).send<string>("eth_call", [{ to, data }, "latest"]);
    return abi.decodeFunctionResult(name, output)[0];
  }

  /** Calls the Nexus from any account; throws what it refuses with. */
  async callNexus(chain: ChainName, from: string, call: string, args: unknown[], value = 0n) {
    const { nexus: to } = await this.addresses(chain);
    const data = nexusAbi.encodeFunctionData(call, args);
    const transaction = { from, to, data, value: `0x${value.toString(16)}` };
    const { send } = this.chain(chain);
    await send("anvil_impersonateAccount", [from]);
    await send("eth_call", [transaction, "latest"]).catch(rethrowDecoded);
    return send<Receipt>("eth_sendTransactionSync", [transaction]);
  }

  /** Sends coins or mirror tokens of `user` to another chain. */
  async send(from: ChainName, to: ChainName, user: string, token: string, amount: bigint) {
    const args = [this.chain(to).id, token, amount, user];
    const value = token === NATIVE ? amount : 0n;
    const { logs } = await this.callNexus(from, user, "send", args, value);
    const sent = logs.map((log) => nexusAbi.parseLog(log)).find((log) => log?.name === "Sent");
    const { nexus: peer } = await this.addresses(from);
    return { peer, transfer: sent?.args.transfer } as Carried;
  }

  async deliver(to: ChainName, { peer, transfer }: Carried): Promise<void> {
    const { messenger } = (await this.#json("config.json"))[to];
    await this.chain(to).setBalance(messenger, ETHER);
    await this.callNexus(to, messenger, "deliver", [peer, transfer]);
  }
}
