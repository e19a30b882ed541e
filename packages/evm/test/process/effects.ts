import { appendFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Store } from "@playbook/state";
import type { Wire } from "../../src/endpoint.ts";
import type { Signer } from "../../src/index.ts";

/** Where a process dies by its own hand: at its nth effect. */
export type Death = {
  effect: number;
  /** Before it leaves, when it has taken effect and the reply is lost, or right after its reply. */
  when: "before" | "unanswered" | "after";
};

/** One line of the log of effects. */
export type Effect = { effect: number; kind: "rpc" | "store" | "sign"; name: string; size: number };

/** Every way in which a process touches the world leads through here, numbered. */
export class Effects {
  readonly #log: string | undefined;
  readonly #death: Death | undefined;
  #count = 0;

  constructor(log?: string, death?: Death) {
    this.#log = log;
    this.#death = death;
  }

  wire(wire: Wire): Wire {
    return {
      get host() {
        return wire.host;
      },
      send: (method, ...params) =>
        this.#around("rpc", method, 1, () => wire.send(method, ...params)),
      all: (calls) =>
        this.#around("rpc", calls[0]?.method ?? "", calls.length, () => wire.all(calls)),
    };
  }

  store({ location, create, read, list }: Store): Store {
    const around = <Result>(name: string, work: () => Promise<Result>) =>
      this.#around("store", name, 1, work);
    return {
      location,
      create: (key, bytes) => around(`create ${key}`, () => create(key, bytes)),
      read: (key) => around(`read ${key}`, () => read(key)),
      list: (prefix, after, most) => around(`list ${prefix}`, () => list(prefix, after, most)),
    };
  }

  signer(signer: Signer): Signer {
    const { address } = signer;
    return { address, sign: (digest) => this.#around("sign", "", 1, () => signer.sign(digest)) };
  }

  async #around<Result>(
    kind: Effect["kind"],
    name: string,
    size: number,
    work: () => Promise<Result>,
  ): Promise<Result> {
    this.#count += 1;
    const effect = this.#count;
    if (this.#log) {
      const line: Effect = { effect, kind, name, size };
      appendFileSync(this.#log, `${JSON.stringify(line)}\n`);
    }
    if (this.#isDue(effect, "before")) await die();
    const result = await work();
    if (this.#isDue(effect, "unanswered")) await die();
    if (this.#isDue(effect, "after")) setImmediate().then(die);
    return result;
  }

  #isDue(effect: number, when: Death["when"]): boolean {
    return this.#death?.effect === effect && this.#death.when === when;
  }
}

/** As a machine goes away: nothing is flushed, closed or told. */
function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}
