import type { Address } from "@playbook/evm";
import { getCreateAddress } from "ethers";
import { type ChainPlan, DEPLOYER } from "../src/index.ts";
import type { Addresses, Observed, SpareParts } from "../src/model.ts";
import { Accounts, type Lock } from "./model-accounts.ts";
import { call } from "./model-call.ts";
import { create } from "./model-creation.ts";
import { coreSeen, routerSeen, sparesSeen } from "./model-sight.ts";
import { operationsSeen } from "./model-timelock.ts";

const NO_SPARES: SpareParts = { isms: [], hooks: [], oracles: [], paymaster: undefined };

/**
 * A chain that understands what the contracts are told, as far as a plan tells them anything. It
 * shares nothing with the planner but the addresses of sets, and obeys owners only.
 */
export class ModelChain {
  readonly signer: Address;
  nonce: number;
  readonly #accounts = new Accounts();
  readonly #everywhere: boolean;

  constructor(signer: Address, { nonce = 0, deployer = true } = {}) {
    this.signer = signer;
    this.nonce = nonce;
    this.#everywhere = deployer;
  }

  /** Sends the steps, and has the proposals executed by whom they are meant for. */
  apply({ steps, proposals }: Pick<ChainPlan, "steps" | "proposals">): void {
    for (const step of steps) {
      this.#send(step);
      this.nonce += 1;
    }
    for (const proposal of proposals) call(this.#accounts, proposal);
  }

  #send({ to, data, creates }: ChainPlan["steps"][number]): void {
    const { signer, nonce } = this;
    if (to === null) {
      const address = getCreateAddress({ from: signer, nonce }) as Address;
      create(this.#accounts, { signer, address, data });
    } else if (to === DEPLOYER) {
      const address = creates[0]?.address as Address;
      create(this.#accounts, { signer, address, data: `0x${data.slice(66)}` });
    } else {
      call(this.#accounts, { by: signer, to, data });
    }
  }

  observe(addresses: Addresses): Observed {
    const accounts = this.#accounts;
    const { mailbox, interchainAccountRouter: router, timelockController: lock } = addresses;
    const { interchainGasPaymaster: paymaster } = addresses;
    return {
      chain: "here",
      block: 1,
      nonce: this.nonce,
      addresses,
      standing: new Set([...accounts.addresses, ...(this.#everywhere ? [DEPLOYER] : [])]),
      core: mailbox ? coreSeen(accounts, mailbox) : null,
      accounts: router ? routerSeen(accounts, router) : null,
      corrected: [],
      recipient: null,
      operations: lock ? operationsSeen(accounts.at<Lock>(lock)) : new Map(),
      claimed: { isms: new Map(), hooks: new Map() },
      spares: mailbox ? sparesSeen(accounts, mailbox, paymaster) : NO_SPARES,
    };
  }
}
