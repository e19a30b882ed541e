import { appendFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Store } from "@playbook/state";
import type { Wire } from "../../src/endpoint.ts";
import type { Signer } from "../../src/index.ts";

/** One thing by which a process changes the world, or uses its key. */
export type Effect = {
  /** `sign`, `send`, or what is stored: `plan`, `ledger 3 signed`. */
  name: string;
  /** Which one of this name in its run, from 1 on. */
  nth: number;
};

/** Before it leaves; when it is in effect and the reply is lost; right after its reply. */
export const MOMENTS = ["before", "unanswered", "after"] as const;

/**
 * Where a process dies by its own hand. Of a name its first words are enough: `ledger 3`; who finds
 * that entry taken does not die of it.
 */
export type Death = Effect & { when: (typeof MOMENTS)[number] };

/** Every way in which a process changes the world leads through here, numbered. */
export class Effects {
  readonly #log: string;
  readonly #death: Death | undefined;
  readonly #seen = new Map<string, number>();

  constructor(log: string, death?: Death) {
    this.#log = log;
    this.#death = death;
  }

  wire(wire: Wire): Wire {
    return {
      get host() {
        return wire.host;
      },
      send: <Result>(method: string, ...params: unknown[]) => {
        const work = () => wire.send<Result>(method, ...params);
        return method === "eth_sendRawTransaction" ? this.#around("send", work) : work();
      },
      all: (calls) => wire.all(calls),
    };
  }

  store(store: Store): Store {
    return {
      location: store.location,
      create: (key, bytes) => this.#around(nameOf(bytes), () => store.create(key, bytes)),
      read: (key) => store.read(key),
      list: (...asked) => store.list(...asked),
    };
  }

  signer(signer: Signer): Signer {
    const { address } = signer;
    return { address, sign: (digest) => this.#around("sign", () => signer.sign(digest)) };
  }

  async #around<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const nth = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, nth);
    appendFileSync(this.#log, `${JSON.stringify({ name, nth } satisfies Effect)}\n`);

    const isDue = (when: Death["when"]) =>
      `${name} `.startsWith(`${this.#death?.name} `) &&
      this.#death?.nth === nth &&
      this.#death.when === when;
    if (isDue("before")) await die();
    const [outcome] = await Promise.allSettled([work()]);
    const isOwn = outcome.status === "rejected" || outcome.value !== "taken";
    if (isOwn && isDue("unanswered")) await die();
    if (isOwn && isDue("after")) setImmediate().then(die);
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }
}

function nameOf(bytes: Uint8Array): string {
  const { format, index, kind } = JSON.parse(Buffer.from(bytes).toString());
  return [format.replace("playbook.", ""), index, kind].join(" ").trim();
}

/** As a machine goes away: nothing is flushed, closed or told. */
function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}
