import { ActionError } from "@playbook/action";
import type { Address, Hex } from "@playbook/evm";
import { getCreateAddress } from "ethers";
import { argumentsOf, type ContractName, callOf, creationOf, NOBODY } from "./contract.ts";
import { askDeployer, DEPLOYER, everywhere } from "./deployer.ts";
import { callGas, creationGas, proxyGas, setGas } from "./gas.ts";
import { implementationOf, proxyCreation } from "./minimal-proxy.ts";
import type { Change, Claimed, Observed, StandingLock } from "./model.ts";
import { Spares } from "./spares.ts";
import {
  type AddressSet,
  inOrder,
  pairsOf,
  SET_FACTORIES,
  type SetType,
  setAddress,
  signersInOrder,
  type WeightedSet,
} from "./static-set.ts";
import { type LockedCall, operation, operationId, type Scheduled } from "./timelock.ts";

/** A transaction of the signer. Its place in a chain's list says its nonce. */
export type Step = {
  /** `<chain>/<place, from 0>`. */
  id: string;
  kind: "create" | "create2" | "call";
  to: Address | null;
  data: Hex;
  /** Gas limit: more than it can need. */
  gas: number;
  label: string;
  creates: { address: Address; contract: ContractName }[];
  /** Steps of this chain without which it makes no sense. */
  after: string[];
  /** Set where it is sent only when all that it comes after is on the chain. */
  waits: "ownership" | null;
};

/** What somebody else than the signer has to do, such as a Safe. */
export type Proposal = {
  chain: string;
  by: Address;
  to: Address;
  data: Hex;
  label: string;
  /** Steps that come first. */
  after: string[];
};

/** So many things are told in one transaction: each may be a slot or two. */
export const AT_ONCE = 50;

type Call = {
  contract: ContractName;
  to: Address;
  method: string;
  args: readonly unknown[];
  /** Who may: a step if it is the signer, a proposal else. */
  by: Address;
};

type Asked = Omit<Proposal, "chain">;

type Clone = {
  contract: ContractName;
  /** Whose clones are like it. */
  factory: Address;
  /** What it is told as it is made. */
  method: string;
  args: readonly unknown[];
};

type HandOver = { contract: ContractName; of: Address; from: Address; to: Address };

/**
 * A chain's transactions in the order of their nonces, as they are thought of. Addresses are known
 * when a step is written down; what it comes after is what made the addresses that it mentions.
 */
export class Draft {
  readonly steps: Step[] = [];
  readonly proposals: Proposal[] = [];
  readonly changes: Change[] = [];
  /** What a timelock has been told, and lets through later. */
  readonly scheduled: Scheduled[] = [];
  /** All calls that a timelock has to make. */
  readonly locked: LockedCall[] = [];
  readonly signer: Address;
  readonly spares: Spares;
  readonly claimed: Claimed;
  readonly #observed: Observed;
  readonly #lock: StandingLock | undefined;
  readonly #makers = new Map<Address, string>();
  readonly #lastCalls = new Map<Address, string>();
  readonly #handOvers: HandOver[] = [];

  constructor(observed: Observed, signer: Address, lock?: StandingLock) {
    this.#lock = lock;
    this.signer = signer;
    this.spares = new Spares(observed.spares, signer);
    this.claimed = observed.claimed;
    this.#observed = observed;
  }

  /** A new contract of the signer's; `mentions` are addresses inside encoded arguments. */
  create(contract: ContractName, args: readonly unknown[], mentions: unknown[] = []): Address {
    const nonce = this.#observed.nonce + this.steps.length;
    const address = getCreateAddress({ from: this.signer, nonce }) as Address;
    const data = creationOf(contract, args);
    const after = this.#makersOf([...args, ...mentions]);
    const label = `new ${contract}(${shown(args)})`;
    const creates = [{ address, contract }];
    const gas = creationGas(data, argumentsOf(contract, args));
    this.#add({ kind: "create", to: null, data, gas, label, creates, after });
    return address;
  }

  /**
   * What a factory's clones are, byte for byte, and initialised as they are; but where a clone will
   * be is up to everybody who uses the factory, and where this will be to the signer alone.
   */
  clone({ contract, factory, method, args }: Clone): Address {
    const nonce = this.#observed.nonce + this.steps.length;
    const address = getCreateAddress({ from: this.signer, nonce }) as Address;
    const call = callOf(contract, method, args);
    const data = proxyCreation(implementationOf(factory), call);
    const label = `new ${contract}(${shown(args)})`;
    const creates = [{ address, contract }];
    const after = this.#makersOf([factory, ...args]);
    this.#add({ kind: "create", to: null, data, gas: proxyGas(data), label, creates, after });
    return address;
  }

  /** A contract without an owner, at the address that it has on every chain. */
  create2(contract: ContractName, args: readonly unknown[]): Address {
    if (!this.#observed.standing.has(DEPLOYER)) return this.create(contract, args);
    const address = everywhere(contract, args);
    if (this.#observed.standing.has(address)) return address;

    const data = askDeployer(contract, args);
    const label = `new ${contract}(${shown(args)})`;
    const creates = [{ address, contract }];
    const gas = creationGas(data, argumentsOf(contract, args));
    this.#add({ kind: "create2", to: DEPLOYER, data, gas, label, creates, after: [] });
    return address;
  }

  /** A set, by the factory of its type; nothing if it is there. */
  set(type: SetType, factory: Address, wish: AddressSet | WeightedSet): Address {
    const set = inOrderAll(wish);
    const address = setAddress(factory, set);
    if (this.#observed.standing.has(address) || this.#makers.has(address)) return address;

    const { method, args } = deploying(type, set);
    const data = callOf(SET_FACTORIES[type], method, args);
    const label = `${SET_FACTORIES[type]}.deploy(${shown(args)})`;
    const creates = [{ address, contract: SET_FACTORIES[type] }];
    const after = this.#makersOf([factory, ...args]);
    const gas = setGas(data);
    this.#add({ kind: "create2", to: factory, data, gas, label, creates, after });
    return address;
  }

  /** A change of a contract: a step, or a proposal to whom it belongs. */
  call({ contract, to, method, args, by }: Call, waits: Step["waits"] = null): void {
    const data = callOf(contract, method, args);
    const label = `${contract}.${method.replace(/\(.*/, "")}(${shown(args)})`;
    const last = this.#lastCalls.get(to);
    const needed = this.#makersOf([to, ...args]);
    const after = [...new Set([...needed, ...(last ? [last] : [])])];
    const asked = { by, to, data, label, after };
    if (by === this.#lock?.address) this.#through(this.#lock, asked, waits);
    else this.#ask(asked, waits);
  }

  /**
   * What a timelock owns: its proposer schedules it, and its executor has it done when it is time.
   */
  #through(lock: StandingLock, { to, data, label, after }: Asked, waits: Step["waits"]): void {
    const call = { to, data };
    this.locked.push(call);
    const found = this.#observed.operations.get(operationId(call, 0));
    if (found?.state === "waiting") {
      this.scheduled.push({ by: lock.address, label, from: found.from });
      return;
    }
    const isReady = found?.state === "ready";
    const method = isReady ? "execute" : "schedule";
    const args = [...operation(call, found?.turn ?? 0), ...(isReady ? [] : [lock.delay])];
    const who = isReady ? lock.executor : lock.proposer;
    const asked = {
      // Where nobody is the executor, anybody is.
      by: who === NOBODY ? this.signer : who,
      to: lock.address,
      data: callOf("TimelockController", method, args),
      label: `TimelockController.${method}(${label})`,
    };
    this.#ask({ ...asked, after }, waits);
  }

  #ask(asked: Asked, waits: Step["waits"]): void {
    if (asked.by === NOBODY) throw belongsToNobody(this.#observed.chain, asked);
    if (asked.by !== this.signer) {
      this.proposals.push({ chain: this.#observed.chain, ...asked });
      return;
    }
    const { to, data, label, after } = asked;
    const all = waits ? this.steps.map((step) => step.id) : after;
    const gas = callGas(data);
    const step = { kind: "call" as const, to, data, gas, label, creates: [], after: all };
    this.#lastCalls.set(to, this.#add(step, waits));
  }

  /** A call for a list of things, in as many as fit into blocks. */
  calls<One>(call: Omit<Call, "args">, all: readonly One[], argsOf: (some: One[]) => unknown[]) {
    for (let at = 0; at < all.length; at += AT_ONCE) {
      this.call({ ...call, args: argsOf(all.slice(at, at + AT_ONCE)) });
    }
  }

  /** To be done when everything else is. */
  handOver(contract: ContractName, of: Address, from: Address, to: Address): void {
    if (from === to) return;
    if (to === NOBODY) throw givenToNobody(this.#observed.chain, contract);
    this.#handOvers.push({ contract, of, from, to });
  }

  /** Writes down who gets what. Nothing may be drafted after it. */
  finish(): void {
    const waits = this.steps.length > 0 ? "ownership" : null;
    for (const { contract, of, from, to } of this.#handOvers) {
      const method = "transferOwnership";
      this.call({ contract, to: of, method, args: [to], by: from }, waits);
    }
  }

  /** Names a difference, for who approves the plan. */
  differs(subject: string, from: unknown, to: unknown): void {
    this.changes.push({ subject, from: String(from), to: String(to) });
  }

  #add(step: Omit<Step, "id" | "waits">, waits: Step["waits"] = null): string {
    const id = `${this.#observed.chain}/${this.steps.length}`;
    this.steps.push({ id, ...step, waits });
    for (const { address } of step.creates) this.#makers.set(address, id);
    return id;
  }

  #makersOf(mentioned: readonly unknown[]): string[] {
    const texts = (mentioned as unknown[]).flat(Number.POSITIVE_INFINITY);
    return [...new Set(texts.flatMap((one) => this.#makers.get(one as Address) ?? []))];
  }
}

function belongsToNobody(chain: string, { to, label }: Asked): ActionError {
  return new ActionError("belongs-to-nobody", {
    what: `${label} can be done by nobody on ${chain}.`,
    why: `${to} has no owner any more.`,
    next: "Write in the config what is there, or another contract in its place.",
  });
}

function givenToNobody(chain: string, contract: ContractName): ActionError {
  return new ActionError("belongs-to-nobody", {
    what: `The config gives ${contract} on ${chain} to nobody.`,
    why:
      "A contract refuses to be handed over to 0x0…0, and it " +
      "would do so as the last of all steps.",
    next: "Write an owner in the config; one that gives it up can do that later.",
  });
}

function inOrderAll(set: AddressSet | WeightedSet): AddressSet | WeightedSet {
  return "values" in set
    ? { ...set, values: inOrder(set.values) }
    : { ...set, signers: signersInOrder(set.signers) };
}

/** How the factory of a type is told what to make. */
function deploying(
  type: SetType,
  set: AddressSet | WeightedSet,
): { method: string; args: unknown[] } {
  if ("signers" in set) return { method: "deploy", args: [pairsOf(set), set.thresholdWeight] };
  if (type === "aggregationHook") return { method: "deploy(address[])", args: [set.values] };
  return { method: "deploy(address[],uint8)", args: [set.values, set.threshold] };
}

/** Arguments for a person to read: long bytes are cut. */
function shown(args: readonly unknown[]): string {
  return args.map(shownOne).join(", ");
}

function shownOne(value: unknown): string {
  if (Array.isArray(value)) return `[${shown(value)}]`;
  if (value === NOBODY) return "nobody";
  const text = String(value);
  return text.length > 66 ? `${text.slice(0, 10)}…` : text;
}
