import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Aws, Fault as AwsFault, Chain, Process, Rule, SeenCall } from "@playbook/world";
import { program } from "../../scripts/programs.ts";
import type { Arena } from "./arena.ts";
import type { Place, Stand } from "./fault.ts";
import { Strikes } from "./strikes.ts";

const SEND = "eth_sendRawTransaction";
const BLOCK_MS = 150;
const GITHUB_SIGTERM_MS = 7_500;
const GITHUB_SIGKILL_MS = 2_500;

/** Of thirteen transactions or more: one of the second batch, and one of the third's signatures. */
const MIDDLE = { send: 6, signature: 8 };

/** Where somebody else's use of the key sends nothing to. */
const ELSEWHERE = "0x00000000000000000000000000000000000e15e0";

/** What a person or a fault has set for the runs to come. */
export type Setting = {
  url: string;
  budget: string | undefined;
  place: "bucket" | "folder" | "open bucket";
  changed: boolean;
};

/** A tool's own record, as far as faults have to do with it. */
export type Keeper = {
  /** Takes the newest part of the record and writes it back changed; without text it is deleted. */
  spoil(change: (text: string) => string): Promise<() => Promise<void>>;
  loseDisk(): Promise<void>;
  changeScript(): Promise<void>;
};

/** One fault and the runs that meet it. Ends with the blocks and the hooks that it has set. */
export class Scene implements Stand, AsyncDisposable {
  readonly who: Stand["who"];
  readonly chain: Chain;
  readonly other: Chain;
  readonly arena: Arena;
  readonly setting: Setting;
  readonly #strikes = new Strikes();
  readonly #ends: (() => unknown)[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #keeper: Keeper | undefined;
  #run: Process | undefined;
  #unspoil: (() => Promise<void>) | undefined;
  #blocks: (() => unknown)[] = [];
  #mining: Promise<void> | undefined;
  #ended = false;

  constructor(who: Stand["who"], arena: Arena, chain: Chain) {
    this.who = who;
    this.arena = arena;
    this.chain = chain;
    this.other = arena.chain("other");
    this.setting = { url: chain.url, budget: undefined, place: "bucket", changed: false };
    if (chain.name !== "alpha") this.#mining = this.#mine();
  }

  get aws(): Aws {
    return this.arena.office.aws;
  }

  get signer(): string {
    return this.arena.office.signer;
  }

  keptBy(keeper: Keeper): void {
    this.#keeper = keeper;
  }

  started(run: Process): void {
    this.#run = run;
  }

  readonly rule = (rule: Rule): void => {
    const set = this.chain.chaos.rule(rule);
    this.counts(() => set.hits, rule.times);
  };

  readonly fault = (fault: AwsFault): void => {
    const set = this.aws.fault(fault);
    this.#ends.push(() => set.remove());
    this.counts(() => set.hits, fault.times);
  };

  readonly counts = (count: () => number, times = 1): void => {
    this.#strikes.add(count, times);
  };

  readonly midway = (act: () => unknown): void => {
    this.atSend(MIDDLE.send, async () => {
      await this.#land();
      await act();
    });
  };

  readonly midSigning = (act: () => unknown): void => {
    this.atCall("Sign", MIDDLE.signature, async () => {
      if (this.who === "ours") await this.#land();
      await act();
    });
  };

  readonly atSend = (nth: number, act: () => unknown): void => {
    this.#once((phase, { method }) => phase === "before" && method === SEND, nth, act);
  };

  readonly afterSend = (nth: number, act: () => unknown): void => {
    this.#once((phase, { method }) => phase === "after" && method === SEND, nth, act);
  };

  readonly atReceipt = (act: () => unknown): void => {
    this.#once((phase, call) => phase === "after" && showsReceipt(call), 1, act);
  };

  readonly atNonce = (nonce: number, act: () => unknown): void => {
    const once = this.#strikes.once(act);
    const end = this.chain.chaos.onCall(async (phase) => {
      if (phase !== "before" || (await this.chain.nonce(this.signer)) !== nonce) return;
      await once();
    });
    this.#ends.push(end);
  };

  readonly atCall = (operation: string, nth: number, act: () => unknown): void => {
    let seen = 0;
    const once = this.#strikes.once(act);
    const end = this.aws.onCall(async (event) => {
      if (event.phase !== "before" || event.operation !== operation) return;
      seen += 1;
      if (seen === nth) await once();
    });
    this.#ends.push(end);
  };

  readonly eachBlock = (act: () => unknown): void => {
    this.#blocks.push(act);
  };

  readonly hasSaid = (words: string): boolean => this.#run?.output().includes(words) ?? false;

  readonly useKey = async (): Promise<void> => {
    const { chain, signer: from } = this;
    await chain.send("anvil_impersonateAccount", [from]);
    const transaction = { from, to: ELSEWHERE, gas: "0x5208", gasPrice: "0x12a05f2000" };
    await chain.send("eth_sendTransaction", [transaction]);
    await chain.send("anvil_stopImpersonatingAccount", [from]);
  };

  readonly signal = (signal: NodeJS.Signals): void => {
    if (this.#run) tell(this.#run.pid, signal);
  };

  readonly refuseTokens = (ms: number): void => {
    const set = this.arena.office.issuer.fault({ do: "down", on: "token", forMs: ms });
    this.#ends.push(() => set.remove());
    this.counts(() => (set.isOver ? set.hits : 0));
  };

  readonly cancel = (): void => {
    const run = this.#run;
    this.signal("SIGINT");
    const after = (ms: number, signal: NodeJS.Signals) => {
      const timer = setTimeout(() => run && run === this.#run && tell(run.pid, signal), ms);
      this.#timers.push(timer);
    };
    after(GITHUB_SIGTERM_MS, "SIGTERM");
    after(GITHUB_SIGTERM_MS + GITHUB_SIGKILL_MS, "SIGKILL");
    void run?.exited.then(() => this.#timers.forEach(clearTimeout));
  };

  readonly reachAt = (url: string): void => {
    this.setting.url = url;
  };

  readonly budget = (ether: string): void => {
    this.setting.budget = ether;
  };

  readonly fillDisk = async (): Promise<void> => {
    const pid = String(this.#run?.pid ?? "");
    await promisify(execFile)(program("prlimit"), ["--pid", pid, "--fsize=0:0"]);
  };

  readonly keepIn = (place: "folder" | "open bucket"): void => {
    this.setting.place = place;
  };

  readonly spoil = async (change: (text: string) => string): Promise<void> => {
    this.#unspoil = await this.#keeper?.spoil(change);
  };

  readonly restore = async (): Promise<void> => {
    await this.#unspoil?.();
  };

  readonly loseDisk = async (): Promise<void> => {
    await this.#keeper?.loseDisk();
  };

  readonly changeScript = async (): Promise<void> => {
    this.setting.changed = true;
    await this.#keeper?.changeScript();
  };

  /** Throws when what was to go wrong with so many steps did not come about. */
  check(steps: number): void {
    this.#strikes.check(steps, this.who);
  }

  /** Until what is still on its way has had its blocks. */
  async calm(): Promise<void> {
    if (this.#mining) await pause(4 * BLOCK_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#timers.forEach(clearTimeout);
    for (const end of this.#ends) end();
    this.aws.limit("kms");
    await this.#mining;
  }

  /** Waits for what the node holds, since an anvil answers before it mines, and counts it. */
  async #land(): Promise<void> {
    while ((await poolOf(this.chain)) > 0) await pause(10);
    this.#strikes.after(await this.chain.nonce(this.signer));
  }

  #once(
    matches: (phase: "before" | "after", call: SeenCall) => boolean,
    nth: number,
    act: () => unknown,
  ): void {
    let seen = 0;
    const once = this.#strikes.once(act);
    const end = this.chain.chaos.onCall(async (phase, call) => {
      if (!matches(phase, call)) return;
      seen += 1;
      if (seen === nth) await once();
    });
    this.#ends.push(end);
  }

  async #mine(): Promise<void> {
    while (!this.#ended) {
      let isHeld = false;
      for (const act of this.#blocks) isHeld = (await act()) === false || isHeld;
      if (!isHeld) await this.chain.mine();
      await pause(BLOCK_MS);
    }
  }
}

/** Opens a scene on a chain as it was at the start. */
export async function openScene(who: Stand["who"], arena: Arena, on: Place = "alpha") {
  return new Scene(who, arena, await arena.reset(on));
}

/** How many transactions a node holds that could be in its next block. */
export async function poolOf(chain: Chain): Promise<number> {
  return Number((await chain.send<{ pending: string }>("txpool_status")).pending);
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function showsReceipt({ method, reply }: SeenCall): boolean {
  if (method !== "eth_getTransactionReceipt" || !reply || "error" in reply) return false;
  return reply.result !== null;
}
