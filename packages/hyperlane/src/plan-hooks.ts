import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { Draft } from "./draft.ts";
import type { Addresses, GasPaymaster, Hook, StandingHook, StandingPaymaster } from "./model.ts";
import { changePaymaster, createPaymaster } from "./plan-paymaster.ts";
import { paired, textOfHook } from "./same.ts";
import type { SetType } from "./static-set.ts";

type Site = {
  chain: string;
  mailbox: Address;
  proxyAdmin: Address;
  factory: (type: SetType) => Address;
  /** The chain's contracts by their names in a registry; what is made is added. */
  addresses: Addresses;
  /** The chain's gas paymaster, whichever hook it is in. */
  paymaster: StandingPaymaster | undefined;
};

type Kind<Type, From> = Extract<From, { type: Type }>;
type Fee = Kind<"protocolFee", Hook>;
type Pausable = Kind<"pausableHook", Hook>;
type Aggregation = Kind<"aggregationHook", Hook>;

/** Drafts what brings a chain's hooks to what they shall be. */
export class HookPlanner {
  readonly #draft: Draft;
  readonly #site: Site;
  #paymaster: { wish: GasPaymaster; address: Address } | undefined;

  constructor(draft: Draft, site: Site) {
    this.#draft = draft;
    this.#site = site;
  }

  /** The address of a hook that is as wished; what stands there is kept where it can be. */
  place(wish: Hook, standing: StandingHook | undefined, subject: string): Address {
    switch (wish.type) {
      case "foreign":
        return wish.address;
      case "merkleTreeHook":
        return this.#merkleTree(standing);
      case "interchainGasPaymaster":
        return this.#gasPaymaster(wish);
      case "protocolFee":
        return this.#protocolFee(wish, standing, subject);
      case "pausableHook":
        return this.#pausable(wish, standing, subject);
      case "aggregationHook":
        return this.#aggregation(wish, standing, subject);
    }
  }

  /** One tree for each mailbox: a second one would begin empty, and validators sign one. */
  #merkleTree(standing: StandingHook | undefined): Address {
    const { addresses, mailbox } = this.#site;
    if (standing?.type === "merkleTreeHook") return standing.address;
    addresses.merkleTreeHook ??= this.#draft.create("MerkleTreeHook", [mailbox]);
    return addresses.merkleTreeHook;
  }

  #gasPaymaster(wish: GasPaymaster): Address {
    const known = this.#paymaster;
    if (known && known.wish !== wish) this.#assertSame(known.wish, wish);
    const address = known?.address ?? this.#newOrChanged(wish);
    this.#paymaster = { wish, address };
    return address;
  }

  #newOrChanged(wish: GasPaymaster): Address {
    const { addresses, proxyAdmin, paymaster: standing } = this.#site;
    if (standing) {
      const oracle = changePaymaster(this.#draft, wish, standing);
      if (oracle) addresses.storageGasOracle = oracle;
      return standing.address;
    }
    const { paymaster, oracle } = createPaymaster(this.#draft, wish, proxyAdmin);
    addresses.interchainGasPaymaster = paymaster;
    addresses.storageGasOracle = oracle;
    return paymaster;
  }

  #assertSame(one: GasPaymaster, other: GasPaymaster): void {
    const text = (wish: GasPaymaster) => JSON.stringify(wish, (_, value) => textOfBig(value));
    if (text(one) === text(other)) return;
    throw new ActionError("two-gas-paymasters", {
      what: `The hooks of ${this.#site.chain} have two gas paymasters that differ.`,
      why: "A chain has one, and relayers look at that one.",
      next: "Give the required and the default hook the same gas paymaster, or only one of them.",
    });
  }

  #protocolFee(wish: Fee, standing: StandingHook | undefined, subject: string): Address {
    const draft = this.#draft;
    const contract = "ProtocolFee";
    if (standing?.type !== wish.type || standing.maxProtocolFee !== wish.maxProtocolFee) {
      const { maxProtocolFee, protocolFee, beneficiary, owner } = wish;
      return draft.create(contract, [maxProtocolFee, protocolFee, beneficiary, owner]);
    }
    const { address: to, owner: by } = standing;
    if (standing.protocolFee !== wish.protocolFee) {
      draft.differs(`${subject}: protocol fee`, standing.protocolFee, wish.protocolFee);
      draft.call({ contract, to, method: "setProtocolFee", args: [wish.protocolFee], by });
    }
    if (standing.beneficiary !== wish.beneficiary) {
      draft.differs(`${subject}: beneficiary`, standing.beneficiary, wish.beneficiary);
      draft.call({ contract, to, method: "setBeneficiary", args: [wish.beneficiary], by });
    }
    if (by !== wish.owner) draft.differs(`${subject}: owner`, by, wish.owner);
    draft.handOver(contract, to, by, wish.owner);
    return to;
  }

  #pausable(wish: Pausable, standing: StandingHook | undefined, subject: string): Address {
    const draft = this.#draft;
    const contract = "PausableHook";
    const old = standing?.type === "pausableHook" ? standing : undefined;
    const owner = old?.owner ?? draft.signer;
    const to = old?.address ?? draft.create(contract, []);
    if ((old?.paused ?? false) !== wish.paused) {
      if (old) draft.differs(`${subject}: paused`, old.paused, wish.paused);
      draft.call({ contract, to, method: wish.paused ? "pause" : "unpause", args: [], by: owner });
    }
    if (old && owner !== wish.owner) draft.differs(`${subject}: owner`, owner, wish.owner);
    draft.handOver(contract, to, owner, wish.owner);
    return to;
  }

  #aggregation(wish: Aggregation, standing: StandingHook | undefined, subject: string): Address {
    const old = standing?.type === "aggregationHook" ? standing : undefined;
    const parts = paired<Hook, StandingHook>(wish.hooks, old?.hooks ?? [], textOfHook);
    const hooks = wish.hooks.map((one, at) =>
      this.place(one, parts[at], `${subject}, hook ${at + 1}`),
    );
    const kept =
      old?.hooks.length === hooks.length && parts.every((part, at) => part?.address === hooks[at]);
    if (kept) return old.address;
    const factory = this.#site.factory("aggregationHook");
    return this.#draft.set("aggregationHook", factory, hooks, hooks.length);
  }
}

const textOfBig = (value: unknown) => (typeof value === "bigint" ? String(value) : value);
