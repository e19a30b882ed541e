import { type Address, type Hex, NoAnswer, type Rpc } from "@playbook/evm";
import { dataSlice, getAddress, type Result } from "ethers";
import { type ContractName, callOf, interfaceOf, isCodeOf } from "./contract.ts";

/** Whatever answers a chain's calls. Calls made at one moment are best sent as one batch. */
export type Wire = Pick<Rpc, "send">;

/** Where a proxy has what it delegates to, and whom it obeys (EIP-1967). */
const IMPLEMENTATION = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
const ADMIN = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

/** A chain as it was in one block. */
export class Look {
  readonly block: number;
  readonly #wire: Wire;
  readonly #codes = new Map<Address, Promise<Hex>>();

  constructor(wire: Wire, block: number) {
    this.#wire = wire;
    this.block = block;
  }

  code(address: Address): Promise<Hex> {
    const known = this.#codes.get(address) ?? this.#ask("eth_getCode", address);
    this.#codes.set(address, known);
    return known;
  }

  /** Whether a contract is there, by its code. */
  async is(contract: ContractName, address: Address): Promise<boolean> {
    return isCodeOf(contract, await this.code(address));
  }

  /** The first of the contracts that is there. */
  async which<Name extends ContractName>(
    address: Address,
    among: readonly Name[],
  ): Promise<Name | undefined> {
    const code = await this.code(address);
    return among.find((name) => isCodeOf(name, code));
  }

  /** What a contract answers. */
  async call(
    contract: ContractName,
    to: Address,
    method: string,
    args: unknown[] = [],
  ): Promise<Result> {
    const answer = await this.answer(to, callOf(contract, method, args));
    try {
      const result = interfaceOf(contract).decodeFunctionResult(method, answer);
      // What cannot be read says so when it is looked at, and no sooner.
      result.toArray(true);
      return result;
    } catch {
      throw new NoAnswer(`${asked(method, args)} of the ${contract} ${to}`, answer);
    }
  }

  /** What an account answers when it is called with this; `0x` where there is no code. */
  answer(to: Address, data: Hex): Promise<Hex> {
    return this.#ask("eth_call", { to, data });
  }

  /** What a contract answers with one value. */
  async value<Value>(contract: ContractName, to: Address, method: string): Promise<Value> {
    const [value] = await this.call(contract, to, method);
    return value as Value;
  }

  /** What a proxy delegates to and whom it obeys; undefined for what is none of ours. */
  async proxy(address: Address): Promise<{ implementation: Address; admin: Address } | undefined> {
    if (!(await this.is("TransparentUpgradeableProxy", address))) return undefined;
    const [implementation, admin] = await Promise.all([
      this.#account(address, IMPLEMENTATION),
      this.#account(address, ADMIN),
    ]);
    return { implementation, admin };
  }

  async #account(of: Address, slot: string): Promise<Address> {
    const word = await this.#ask("eth_getStorageAt", of, slot);
    if (word.length !== 66) throw new NoAnswer(`slot ${slot} of the proxy ${of}`, word);
    return getAddress(dataSlice(word, 12)) as Address;
  }

  /** What creation code would leave behind. */
  run(creation: Hex): Promise<Hex> {
    return this.#ask("eth_call", { data: creation });
  }

  /** When its block was made, in seconds since the epoch. */
  async time(): Promise<number> {
    const block = await this.#wire.send<{ timestamp: Hex } | null>(
      ...["eth_getBlockByNumber", `0x${this.block.toString(16)}`, false],
    );
    if (!block) throw new NoAnswer(`block ${this.block}`, block);
    return Number(block.timestamp);
  }

  async nonce(account: Address): Promise<number> {
    return Number(await this.#ask("eth_getTransactionCount", account));
  }

  async #ask(method: string, ...params: unknown[]): Promise<Hex> {
    const answer = await this.#wire.send(method, ...params, `0x${this.block.toString(16)}`);
    if (typeof answer === "string" && /^0x[0-9a-f]*$/i.test(answer)) return answer as Hex;
    const [about] = params as [string | { to?: Address }];
    const of = typeof about === "string" ? about : (about.to ?? "a new contract");
    throw new NoAnswer(`${method} of ${of}`, answer);
  }
}

/** A call as a person reads it. */
function asked(method: string, args: unknown[]): string {
  return `${method.split("(")[0]}(${args.length > 0 ? "…" : ""})`;
}
