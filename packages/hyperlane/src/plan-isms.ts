import type { Address } from "@playbook/evm";
import { claimed } from "./claims.ts";
import { AT_ONCE, type Draft } from "./draft.ts";
import { modulesOf } from "./ism-parts.ts";
import { Kept } from "./kept.ts";
import type { Ism, Route, StandingIsm } from "./model.ts";
import { paired, textOfIsm } from "./same.ts";
import { sameByDomain } from "./spares.ts";
import type { SetType } from "./static-set.ts";
import { wordsOf } from "./words.ts";

type Kind<Type, From> = Extract<From, { type: Type }>;
type Routing = Extract<Ism, { routes: unknown }>;
type StandingRouting = Extract<StandingIsm, { routes: unknown }>;
type Pausable = Kind<"pausableIsm", Ism>;
type StandingPausable = Kind<"pausableIsm", StandingIsm>;
type Blacklist = Kind<"blacklistIsm", Ism>;
type StandingBlacklist = Kind<"blacklistIsm", StandingIsm>;
type Aggregation = Extract<Ism, { modules: unknown }>;
type Amount = Kind<"amountRoutingIsm", Ism>;
type TrustedRelayer = Kind<"trustedRelayerIsm", Ism>;

/** What a routing module of a type is made by, but for the clone of a factory's. */
const ROUTERS = {
  incrementalDomainRoutingIsm: "AtomicInitIncrementalDomainRoutingIsm",
  defaultFallbackRoutingIsm: "AtomicInitDefaultFallbackRoutingIsm",
} as const;

/** Whether a module asks its mailbox: it can only be made after that. */
export function asksMailbox(ism: Ism): boolean {
  const asks = ism.type === "defaultFallbackRoutingIsm" || ism.type === "trustedRelayerIsm";
  return asks || modulesOf(ism).some(asksMailbox);
}

/** What sets in storage are made by; others are made by factories. */
const STORED = {
  storageMerkleRootMultisigIsm: "StorageMerkleRootMultisigIsm",
  storageMessageIdMultisigIsm: "StorageMessageIdMultisigIsm",
} as const;

const INITIALIZE = "initialize(address,uint32[],address[])";

type Makers = {
  factory: (type: SetType) => Address;
  routingFactory: Address;
  /** Needed where the wish asks it. */
  mailbox: Address | undefined;
};

/** Drafts what brings a chain's security modules to what they shall be. */
export class IsmPlanner {
  readonly #draft: Draft;
  readonly #kept = new Kept();
  readonly #factory: (type: SetType) => Address;
  readonly #routingFactory: Address;
  readonly #mailbox: Address | undefined;

  constructor(draft: Draft, { factory, routingFactory, mailbox }: Makers) {
    this.#draft = draft;
    this.#factory = factory;
    this.#routingFactory = routingFactory;
    this.#mailbox = mailbox;
  }

  /** The address of a module that is as wished; what stands there is kept where it can be. */
  place(wish: Ism, standing: StandingIsm | undefined, subject: string): Address {
    const [draft, kept] = [this.#draft, this.#kept];
    const found = wish.at && draft.claimed.isms.get(wish.at);
    const how = { found, textOf: textOfIsm, partsOf: modulesOf };
    return claimed<Ism, StandingIsm>({ draft, kept }, { wish, standing, subject, ...how }, () =>
      kept.place(textOfIsm(wish), standing, (own) => this.#place(wish, own, subject)),
    );
  }

  #place(wish: Ism, standing: StandingIsm | undefined, subject: string): Address {
    switch (wish.type) {
      case "foreign":
        return wish.address;
      case "domainRoutingIsm":
      case "incrementalDomainRoutingIsm":
      case "defaultFallbackRoutingIsm":
        return this.#routing(wish, like(wish, standing) as StandingRouting | undefined, subject);
      case "amountRoutingIsm":
        return this.#amount(wish, standing, subject);
      case "trustedRelayerIsm":
        return this.#trustedRelayer(wish, standing);
      case "testIsm":
        return standing?.type === wish.type ? standing.address : this.#test();
      case "pausableIsm":
        return this.#pausable(wish, like(wish, standing), subject);
      case "blacklistIsm":
        return this.#blacklist(wish, like(wish, standing), subject);
      case "staticAggregationIsm":
      case "storageAggregationIsm":
        return this.#aggregation(wish, standing, subject);
      default:
        if (standing && textOfIsm(standing) === textOfIsm(wish)) return standing.address;
        return this.#signed(wish);
    }
  }

  #test(): Address {
    return (
      this.#draft.spares.ism(({ type }) => type === "testIsm") ?? this.#draft.create("TestIsm", [])
    );
  }

  #signed(wish: Extract<Ism, { validators: unknown } | { signers: unknown }>): Address {
    const draft = this.#draft;
    if ("signers" in wish) return draft.set(wish.type, this.#factory(wish.type), wish);
    const { type, validators, threshold } = wish;
    if (type in STORED) {
      const made = STORED[type as keyof typeof STORED];
      const spare = draft.spares.ism((one) => textOfIsm(one) === textOfIsm(wish));
      return spare ?? draft.create(made, [validators, threshold]);
    }
    const set = type as "messageIdMultisigIsm" | "merkleRootMultisigIsm";
    return draft.set(set, this.#factory(set), { values: validators, threshold });
  }

  #trustedRelayer(wish: TrustedRelayer, standing: StandingIsm | undefined): Address {
    const fits = (one: StandingIsm) => one.type === wish.type && one.relayer === wish.relayer;
    if (standing && fits(standing)) return standing.address;
    const spare = this.#draft.spares.ism(fits);
    return spare ?? this.#draft.create("TrustedRelayerIsm", [this.#mailbox, wish.relayer]);
  }

  #amount(wish: Amount, standing: StandingIsm | undefined, subject: string): Address {
    const old = standing?.type === wish.type ? standing : undefined;
    const lower = this.place(wish.lower, old?.lower, `${subject}, lower amounts`);
    const upper = this.place(wish.upper, old?.upper, `${subject}, upper amounts`);
    const fits = (one: StandingIsm) =>
      one.type === wish.type &&
      one.threshold === wish.threshold &&
      one.lower.address === lower &&
      one.upper.address === upper;
    if (old && fits(old)) return old.address;
    const spare = this.#draft.spares.ism(fits);
    return spare ?? this.#draft.create("AmountRoutingIsm", [lower, upper, wish.threshold]);
  }

  #aggregation(wish: Aggregation, standing: StandingIsm | undefined, subject: string): Address {
    const old =
      standing && "modules" in standing && standing.type === wish.type ? standing : undefined;
    const parts = paired<Ism, StandingIsm>(wish.modules, old?.modules ?? [], textOfIsm);
    const modules = wish.modules.map((one, at) =>
      this.place(one, parts[at], `${subject}, module ${at + 1}`),
    );
    const kept =
      old?.threshold === wish.threshold &&
      old.modules.length === modules.length &&
      parts.every((part, at) => part?.address === modules[at]);
    if (kept) return old.address;
    if (wish.type === "storageAggregationIsm") {
      const spare = this.#draft.spares.ism((one) => {
        if (one.type !== wish.type || one.threshold !== wish.threshold) return false;
        return String(one.modules.map(({ address }) => address)) === String(modules);
      });
      return spare ?? this.#draft.create("StorageAggregationIsm", [modules, wish.threshold]);
    }
    const set = { values: modules, threshold: wish.threshold };
    return this.#draft.set(wish.type, this.#factory(wish.type), set);
  }

  #pausable(wish: Pausable, standing: StandingPausable | undefined, subject: string): Address {
    const draft = this.#draft;
    const contract = "PausableIsm";
    const spare = standing ? undefined : this.#justAs(wish);
    if (spare) return spare;
    // Only its owner can pause it: one that begins paused is the signer's at first.
    const owner = standing?.owner ?? (wish.paused ? draft.signer : wish.owner);
    const to = standing?.address ?? draft.create(contract, [owner]);
    if ((standing?.paused ?? false) !== wish.paused) {
      if (standing) draft.differs(`${subject}: paused`, standing.paused, wish.paused);
      draft.call({ contract, to, method: wish.paused ? "pause" : "unpause", args: [], by: owner });
    }
    this.#owner(contract, to, owner, wish.owner, standing && subject);
    return to;
  }

  /** One that waits to be used, if it has become what is wished for. */
  #justAs(wish: Pausable | Blacklist): Address | undefined {
    return this.#draft.spares.ism((one) => textOfIsm(one) === textOfIsm(wish));
  }

  /** What is listed cannot be taken out again: a list without it is another module. */
  #blacklist(wish: Blacklist, standing: StandingBlacklist | undefined, subject: string): Address {
    const draft = this.#draft;
    const contract = "BlacklistIsm";
    const old = standing?.ids.every((id) => wish.ids.includes(id)) ? standing : undefined;
    const spare = old ? undefined : this.#justAs(wish);
    if (spare) return spare;
    const owner = old?.owner ?? (wish.ids.length > 0 ? draft.signer : wish.owner);
    const to = old?.address ?? draft.create(contract, [owner]);
    const added = wish.ids.filter((id) => !old?.ids.includes(id));
    if (added.length > 0) {
      if (old) draft.differs(`${subject}: blacklisted`, old.ids.length, wish.ids.length);
      draft.call({ contract, to, method: "blacklist", args: [added], by: owner });
    }
    this.#owner(contract, to, owner, wish.owner, old && subject);
    return to;
  }

  #routing(wish: Routing, standing: StandingRouting | undefined, subject: string): Address {
    const old = new Map(standing?.routes.map((route) => [route.domain, route.ism]));
    const routes = wish.routes.map(({ domain, ism }) => ({
      ...{ domain, ism },
      address: this.place(ism, old.get(domain), `${subject}, origin ${domain}`),
    }));
    if (!standing || isCutOff(wish, standing, routes)) {
      const spare = this.#draft.spares.ism((one) => isRouting(one, wish, routes));
      return spare ?? this.#newRouting(wish, routes);
    }
    this.#routes(standing, routes, subject);
    this.#owner("DomainRoutingIsm", standing.address, standing.owner, wish.owner, subject);
    return standing.address;
  }

  /** What is too much for its creation is told by the signer, before it is handed over. */
  #newRouting(wish: Routing, routes: Placed[]): Address {
    const first = routes.slice(0, AT_ONCE);
    const others = routes.slice(AT_ONCE);
    const by = others.length > 0 ? this.#draft.signer : wish.owner;
    const domains = first.map(({ domain }) => domain);
    const modules = first.map(({ address }) => address);
    const to = this.#router(wish, [by, domains, modules]);
    this.#setRoutes(to, others, by);
    this.#owner("DomainRoutingIsm", to, by, wish.owner, undefined);
    return to;
  }

  #router(wish: Routing, args: unknown[]): Address {
    if (wish.type === "domainRoutingIsm") {
      const factory = this.#routingFactory;
      return this.#draft.clone({ contract: "DomainRoutingIsm", factory, method: INITIALIZE, args });
    }
    const mailbox = wish.type === "defaultFallbackRoutingIsm" ? [this.#mailbox] : [];
    return this.#draft.create(ROUTERS[wish.type], [...mailbox, ...args]);
  }

  #routes(standing: StandingRouting, routes: Placed[], subject: string): void {
    const { address: to, owner: by } = standing;
    const old = new Map(standing.routes.map((route) => [route.domain, route.ism]));
    const moved = routes.filter(({ domain, address }) => old.get(domain)?.address !== address);
    const gone = standing.routes.filter((route) => !has(routes, route));
    for (const { domain, ism } of moved) {
      const before = old.get(domain);
      const from = before ? wordsOf(before) : "none";
      this.#draft.differs(`${subject}, origin ${domain}`, from, wordsOf(ism));
    }
    for (const { domain, ism } of gone) {
      this.#draft.differs(`${subject}, origin ${domain}`, wordsOf(ism), "none");
    }
    this.#setRoutes(to, moved, by);
    const removal = { contract: "DomainRoutingIsm", to, by, method: "removeIsms" } as const;
    this.#draft.calls(removal, gone, (some) => [some.map(({ domain }) => domain)]);
  }

  #setRoutes(to: Address, routes: Placed[], by: Address): void {
    const call = { contract: "DomainRoutingIsm", to, by, method: "setIsms" } as const;
    this.#draft.calls(call, routes, (some) => [
      some.map(({ domain, address }) => [domain, address]),
    ]);
  }

  #owner(
    contract: "BlacklistIsm" | "PausableIsm" | "DomainRoutingIsm",
    of: Address,
    from: Address,
    to: Address,
    subject: string | undefined,
  ): void {
    if (subject && from !== to) this.#draft.differs(`${subject}: owner`, from, to);
    this.#draft.handOver(contract, of, from, to);
  }
}

type Placed = { domain: number; ism: Ism; address: Address };

function isRouting(one: StandingIsm, wish: Routing, routes: Placed[]): boolean {
  if (!("routes" in one) || one.type !== wish.type || one.owner !== wish.owner) return false;
  return sameByDomain(one.routes, routes, ({ ism }, { address }) => ism.address === address);
}

/** An incremental one takes new origins, and nothing else: what else it shall be is another. */
function isCutOff(wish: Routing, standing: StandingRouting, routes: Placed[]): boolean {
  if (wish.type !== "incrementalDomainRoutingIsm") return false;
  const now = new Map(routes.map(({ domain, address }) => [domain, address]));
  return standing.routes.some(({ domain, ism }) => now.get(domain) !== ism.address);
}

function has(routes: { domain: number }[], { domain }: Route<unknown>): boolean {
  return routes.some((one) => one.domain === domain);
}

/** What stands there, if it is of the type that is wished for. */
function like<
  Wish extends { type: string },
  Part extends { type: string },
  Type extends Wish["type"],
>(
  wish: Wish & { type: Type },
  standing: Part | undefined,
): Extract<Part, { type: Type }> | undefined {
  return standing?.type === wish.type ? (standing as Extract<Part, { type: Type }>) : undefined;
}
