import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import { treeAmong } from "./chain-state.ts";
import { claimed } from "./claims.ts";
import { NOBODY } from "./contract.ts";
import type { Draft } from "./draft.ts";
import { partsOf, paymastersIn } from "./hook-parts.ts";
import { Kept } from "./kept.ts";
import type { Addresses, GasPaymaster, Hook, StandingHook, StandingPaymaster } from "./model.ts";
import { changePaymaster, createPaymaster } from "./plan-paymaster.ts";
import { paired, textOfHook } from "./same.ts";
import { sameByDomain } from "./spares.ts";
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
type Amount = Kind<"amountRoutingHook", Hook>;
type Routing = Extract<Hook, { ways: unknown }>;
type StandingRouting = Extract<StandingHook, { ways: unknown }>;

/** Drafts what brings a chain's hooks to what they shall be. */
export class HookPlanner {
  readonly #draft: Draft;
  readonly #kept = new Kept();
  readonly #site: Site;
  #paymaster: { wish: GasPaymaster; address: Address } | undefined;

  constructor(draft: Draft, site: Site) {
    this.#draft = draft;
    this.#site = site;
  }

  /** The address of a hook that is as wished; what stands there is kept where it can be. */
  place(wish: Hook, standing: StandingHook | undefined, subject: string): Address {
    const [draft, kept] = [this.#draft, this.#kept];
    const how = { found: this.#claimed(wish), textOf: textOfHook, partsOf };
    const address = claimed<Hook, StandingHook>(
      { draft, kept },
      { wish, standing, subject, ...how },
      () => kept.place(textOfHook(wish), standing, (own) => this.#place(wish, own, subject)),
    );
    if (how.found?.address === address)
      this.#site.addresses.merkleTreeHook ??= treeAmong([how.found]);
    return address;
  }

  /**
   * Where a config says that a hook is; of gas paymasters and trees a chain has one, and no other.
   */
  #claimed(wish: Hook): StandingHook | undefined {
    const found = wish.at && this.#draft.claimed.hooks.get(wish.at);
    if (!found || paymastersIn([wish]).length > 0) return undefined;
    const tree = treeAmong([found]);
    const { merkleTreeHook = tree } = this.#site.addresses;
    return tree === undefined || tree === merkleTreeHook ? found : undefined;
  }

  #place(wish: Hook, standing: StandingHook | undefined, subject: string): Address {
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
      case "domainRoutingHook":
      case "fallbackRoutingHook":
        return this.#routing(wish, standing, subject);
      case "amountRoutingHook":
        return this.#amount(wish, standing, subject);
      case "defaultHook":
        return this.#mailboxDefault(standing);
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
    const { addresses, proxyAdmin } = this.#site;
    const standing = this.#site.paymaster ?? this.#draft.spares.paymaster(wish);
    if (standing) {
      const oracle = changePaymaster(this.#draft, wish, standing);
      addresses.interchainGasPaymaster = standing.address;
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
      const spare = this.#justAs(wish);
      if (spare) return spare;
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
    const spare = old ? undefined : this.#justAs(wish);
    if (spare) return spare;
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

  /** One that waits to be used, if it has become what is wished for. */
  #justAs(wish: Fee | Pausable): Address | undefined {
    return this.#draft.spares.hook((one) => textOfHook(one) === textOfHook(wish))?.address;
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
    return this.#draft.set("aggregationHook", factory, { values: hooks, threshold: hooks.length });
  }

  #mailboxDefault(standing: StandingHook | undefined): Address {
    if (standing?.type === "defaultHook") return standing.address;
    const spare = this.#draft.spares.hook(({ type }) => type === "defaultHook");
    return spare?.address ?? this.#draft.create("DefaultHook", [this.#site.mailbox]);
  }

  #amount(wish: Amount, standing: StandingHook | undefined, subject: string): Address {
    const old = standing?.type === wish.type ? standing : undefined;
    const lower = this.place(wish.lower, old?.lower, `${subject}, lower amounts`);
    const upper = this.place(wish.upper, old?.upper, `${subject}, upper amounts`);
    const fits = (one: StandingHook) =>
      one.type === wish.type &&
      one.threshold === wish.threshold &&
      one.lower.address === lower &&
      one.upper.address === upper;
    if (old && fits(old)) return old.address;
    const spare = this.#draft.spares.hook(fits);
    return (
      spare?.address ?? this.#draft.create("AmountRoutingHook", [lower, upper, wish.threshold])
    );
  }

  /** What it falls back to is fixed when it is made; its ways are not. */
  #routing(wish: Routing, standing: StandingHook | undefined, subject: string): Address {
    const draft = this.#draft;
    const old = standing?.type === wish.type ? (standing as StandingRouting) : undefined;
    const former = new Map(old?.ways.map((way) => [way.domain, way.hook]));
    const ways = wish.ways.map(({ domain, hook }): [number, Address] => [
      domain,
      this.place(hook, former.get(domain), `${subject}, to ${domain}`),
    ]);
    if (wish.type === "domainRoutingHook") {
      return this.#ways(wish, old ?? this.#spareRouting(wish, ways), { ways, subject }, () =>
        draft.create("DomainRoutingHook", [this.#site.mailbox, draft.signer]),
      );
    }
    const before = old?.type === "fallbackRoutingHook" ? old.fallback : undefined;
    const fallback = this.place(wish.fallback, before, `${subject}, elsewhere`);
    const kept = before?.address === fallback ? old : this.#spareRouting(wish, ways, fallback);
    return this.#ways(wish, kept, { ways, subject }, () =>
      draft.create("FallbackDomainRoutingHook", [this.#site.mailbox, draft.signer, fallback]),
    );
  }

  #spareRouting(
    wish: Routing,
    ways: [number, Address][],
    fallback?: Address,
  ): StandingRouting | undefined {
    const placed = ways.map(([domain, address]) => ({ domain, address }));
    const fits = (one: StandingHook): one is StandingRouting => {
      if (!("ways" in one) || one.type !== wish.type || one.owner !== wish.owner) return false;
      if ("fallback" in one && one.fallback.address !== fallback) return false;
      return sameByDomain(one.ways, placed, ({ hook }, { address }) => hook.address === address);
    };
    return this.#draft.spares.hook(fits) as StandingRouting | undefined;
  }

  #ways(
    { owner }: Routing,
    standing: StandingRouting | undefined,
    { ways, subject }: { ways: [number, Address][]; subject: string },
    create: () => Address,
  ): Address {
    const draft = this.#draft;
    const contract = "DomainRoutingHook";
    const to = standing?.address ?? create();
    const by = standing?.owner ?? draft.signer;
    const former = new Map(standing?.ways.map(({ domain, hook }) => [domain, hook.address]));
    const wished = new Map(ways);
    const gone = [...former.keys()].filter((domain) => !wished.has(domain));
    const changes: [number, Address][] = [
      ...ways.filter(([domain, address]) => former.get(domain) !== address),
      ...gone.map((domain): [number, Address] => [domain, NOBODY]),
    ];
    for (const [domain, address] of standing ? changes : []) {
      const wish = address === NOBODY ? "none" : address;
      draft.differs(`${subject}, to ${domain}`, former.get(domain) ?? "none", wish);
    }
    draft.calls({ contract, to, method: "setHooks", by }, changes, (some) => [some]);
    if (standing && by !== owner) draft.differs(`${subject}: owner`, by, owner);
    draft.handOver(contract, to, by, owner);
    return to;
  }
}

const textOfBig = (value: unknown) => (typeof value === "bigint" ? String(value) : value);
