import type { Aws, Fault as AwsFault, Chain, Rule } from "@playbook/world";

/**
 * How a run ends: `done`, the code of the error that it names, or the signal that ended it.
 */
export type End = "done" | (string & {});

/** Which of the world's chains a fault happens on. */
export type Place = "alpha" | "beta" | "gamma";

/** One run: what is done to it, or between it and the one before. */
export type Act = (stand: Stand) => void | Promise<void>;

/** Something that goes wrong on purpose, for whoever sends the steps of a script. */
export type Fault = {
  /** As a line of the table: "a reply is lost after the transaction landed". */
  name: string;
  /**
   * `alpha` mines what comes, `beta` makes blocks by time and calls the twelfth final, `gamma`
   * makes them by time and has geth's pool. `alpha` when absent.
   */
  on?: Place;
  /** Function of the script; `run` when absent. */
  script?: "run" | "guarded" | "paid" | "called" | "large";
  /** Calls that follow the creation; 12 when absent. */
  steps?: number;
  /** How many we have under way at once to begin with; 3 when absent, so that there are batches. */
  window?: number;
  /** The first run's, and those of the runs after it: what a person does before each. */
  acts: [Act, ...Act[]];
  /** How our runs end, one after the other; nothing takes effect twice in any of them. */
  ends: [End, ...End[]];
  /** A kind of entry that our ledger must hold in the end. */
  records?: "replaced";
  /** SIGUSR2 is to set the run's clock back: of a program that is not JavaScript by a library. */
  setsClock?: true;
  /** Why there is nothing of the kind with forge; absent when the same is done to both. */
  none?: string;
};

/**
 * What a fault may do to a run and to the world around it. All of it is undone by the next fault.
 */
export type Stand = {
  readonly who: "ours" | "forge";
  readonly chain: Chain;
  /** Another chain, with another id. */
  readonly other: Chain;
  readonly aws: Aws;
  readonly signer: string;
  rule(rule: Rule): void;
  fault(fault: AwsFault): void;
  /** What a fault does in its own way has to come about as well: how often it has so far. */
  counts(strikes: () => number): void;
  /** Before the node gets the sixth transaction: some have landed then, and not all. */
  midway(act: () => unknown): void;
  /** Before the eighth signature: of ours some have landed then; forge signs all at once. */
  midSigning(act: () => unknown): void;
  /** Before the node gets the nth transaction of this run. */
  atSend(nth: number, act: () => unknown): void;
  /** When the node has answered the nth. */
  afterSend(nth: number, act: () => unknown): void;
  /** Before the nth call of an operation of AWS takes effect. */
  atCall(operation: string, nth: number, act: () => unknown): void;
  /** When the run has been shown a receipt. */
  atReceipt(act: () => unknown): void;
  /** When the chain counts so many transactions of the key: asked before each call to the node. */
  atNonce(nonce: number, act: () => unknown): void;
  /** Before each block that comes by time; `false` holds it back until it is asked for again. */
  eachBlock(act: () => unknown): void;
  /** Whether the run has said this so far. */
  hasSaid(words: string): boolean;
  /** Somebody else uses the key for a transaction. */
  useKey(): Promise<void>;
  /** Sends a signal to the run. */
  signal(signal: NodeJS.Signals): void;
  /** GitHub's endpoint for tokens is down, from the run's first request on. */
  refuseTokens(ms: number): void;
  /** Ends the run as GitHub does: SIGINT, SIGTERM after 7.5 s, SIGKILL 2.5 s later. */
  cancel(): void;
  /** The next run reaches the chain at another URL. */
  reachAt(url: string): void;
  /** The most that the release may cost on the chain, in ether; forge knows no such thing. */
  budget(ether: string): void;
  /** From now on the run can write to no file. */
  fillDisk(): Promise<void>;
  /**
   * State lies in a folder, or in a bucket that lets go of what it has; forge's always in files.
   */
  keepIn(place: "folder" | "open bucket"): void;
  /** What was written last of the run's own record: its text is given and taken. */
  spoil(change: (text: string) => string): Promise<void>;
  /** The record as it was before it was spoilt. */
  restore(): Promise<void>;
  /** The machine's disk is gone with it: a fresh checkout. */
  loseDisk(): Promise<void>;
  /** The script is another one from now on: its calls have other data. */
  changeScript(): Promise<void>;
};
