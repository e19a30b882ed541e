import type { Address } from "@playbook/evm";
import type { Draft } from "./draft.ts";
import type { Ism, Route, StandingIsm } from "./model.ts";
import { paired, textOfIsm } from "./same.ts";
import type { SetType } from "./static-set.ts";
import { wordsOf } from "./words.ts";

type Kind<Type, From> = Extract<From, { type: Type }>;
type Routing = Kind<"domainRoutingIsm", Ism>;
type StandingRouting = Kind<"domainRoutingIsm", StandingIsm>;
type Pausable = Kind<"pausableIsm", Ism>;
type StandingPausable = Kind<"pausableIsm", StandingIsm>;
type Aggregation = Kind<"staticAggregationIsm", Ism>;

const INITIALIZE = "initialize(address,uint32[],address[])";

/** Drafts what brings a chain's security modules to what they shall be. */
export class IsmPlanner {
  readonly #draft: Draft;
  readonly #factory: (type: SetType) => Address;
  readonly #routingFactory: Address;

  constructor(draft: Draft, factory: (type: SetType) => Address, routingFactory: Address) {
    this.#draft = draft;
    this.#factory = factory;
    this.#routingFactory = routingFactory;
  }

  /** The address of a module that is as wished; what stands there is kept where it can be. */
  place(wish: Ism, standing: StandingIsm | undefined, subject: string): Address {
    switch (wish.type) {
      case "foreign":
        return wish.address;
      case "domainRoutingIsm":
        return this.#routing(wish, like(wish, standing), subject);
      case "pausableIsm":
        return this.#pausable(wish, like(wish, standing), subject);
      case "staticAggregationIsm":
        return this.#aggregation(wish, standing, subject);
      default:
        if (standing && textOfIsm(standing) === textOfIsm(wish)) return standing.address;
        return this.#set(wish.type, wish.validators, wish.threshold);
    }
  }

  #set(type: SetType, members: Address[], threshold: number): Address {
    return this.#draft.set(type, this.#factory(type), members, threshold);
  }

  #aggregation(wish: Aggregation, standing: StandingIsm | undefined, subject: string): Address {
    const old = like<Ism, StandingIsm, "staticAggregationIsm">(wish, standing);
    const parts = paired<Ism, StandingIsm>(wish.modules, old?.modules ?? [], textOfIsm);
    const modules = wish.modules.map((one, at) =>
      this.place(one, parts[at], `${subject}, module ${at + 1}`),
    );
    const kept =
      old?.threshold === wish.threshold &&
      old.modules.length === modules.length &&
      parts.every((part, at) => part?.address === modules[at]);
    return kept ? old.address : this.#set(wish.type, modules, wish.threshold);
  }

  #pausable(wish: Pausable, standing: StandingPausable | undefined, subject: string): Address {
    const draft = this.#draft;
    const contract = "PausableIsm";
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

  #routing(wish: Routing, standing: StandingRouting | undefined, subject: string): Address {
    const old = new Map(standing?.routes.map((route) => [route.domain, route.ism]));
    const routes = wish.routes.map(({ domain, ism }) => ({
      ...{ domain, ism },
      address: this.place(ism, old.get(domain), `${subject}, origin ${domain}`),
    }));
    if (!standing) {
      const [domains, modules] = [
        routes.map((one) => one.domain),
        routes.map((one) => one.address),
      ];
      return this.#draft.clone({
        ...{ contract: "DomainRoutingIsm", factory: this.#routingFactory, method: INITIALIZE },
        args: [wish.owner, domains, modules],
      });
    }
    this.#routes(standing, routes, subject);
    this.#owner("DomainRoutingIsm", standing.address, standing.owner, wish.owner, subject);
    return standing.address;
  }

  #routes(
    standing: StandingRouting,
    routes: { domain: number; ism: Ism; address: Address }[],
    subject: string,
  ): void {
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
    const contract = "DomainRoutingIsm";
    if (moved.length > 0) {
      const args = [moved.map(({ domain, address }) => [domain, address])];
      this.#draft.call({ contract, to, method: "setIsms", args, by });
    }
    if (gone.length > 0) {
      const args = [gone.map(({ domain }) => domain)];
      this.#draft.call({ contract, to, method: "removeIsms", args, by });
    }
  }

  #owner(
    contract: "PausableIsm" | "DomainRoutingIsm",
    of: Address,
    from: Address,
    to: Address,
    subject: string | undefined,
  ): void {
    if (subject && from !== to) this.#draft.differs(`${subject}: owner`, from, to);
    this.#draft.handOver(contract, of, from, to);
  }
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
