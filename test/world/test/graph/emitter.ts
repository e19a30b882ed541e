import { randomBytes } from "node:crypto";
import { Interface, id } from "ethers";
import { NATIVE } from "../../../products/live-nexus.ts";

/**
 * EVM code that logs what it is called with: two topics, and the rest as data. It stands where a
 * Nexus would, for tests that want its events and none of its rules.
 */
const CODE = "0x60403603806040600037600035602035916000a200";

const transfer =
  "(uint256 nonce, uint256 origin, uint256 destination, (uint256 home, address token) " +
  "asset, address recipient, uint256 amount)";
const nexus = new Interface([`event Sent(bytes32 indexed id, ${transfer} transfer)`]);

/** Asks an anvil. */
export type Send = <T>(method: string, params?: unknown[]) => Promise<T>;

export class Emitter {
  readonly address = `0x${randomBytes(20).toString("hex")}`;
  readonly #send: Send;
  #count = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Puts it on the chain. */
  async place(): Promise<this> {
    await this.#send("anvil_setCode", [this.address, CODE]);
    await this.#send("anvil_setBalance", [this.address, `0x${(10n ** 20n).toString(16)}`]);
    await this.#send("anvil_impersonateAccount", [this.address]);
    return this;
  }

  /** Says that so much was sent to a chain. Resolves to the block. */
  async sent(amount: bigint, destination = 5): Promise<number> {
    const asset = { home: 10012, token: NATIVE };
    const [nonce, origin, recipient] = [this.#count++, 10012, this.address];
    const told = { nonce, origin, destination, asset, recipient, amount };
    const { topics, data } = nexus.encodeEventLog("Sent", [id(`${this.address} ${nonce}`), told]);
    const input = `${topics[0]}${topics[1]?.slice(2)}${data.slice(2)}`;
    const transaction = { from: this.address, to: this.address, input, gas: "0x30d40" };
    const receipt = await this.#send<{ blockNumber: string }>("eth_sendTransactionSync", [
      transaction,
    ]);
    return Number(receipt.blockNumber);
  }
}
