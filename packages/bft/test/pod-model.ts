import { type Behaviour, isDown, type Scenario } from "./scenario.ts";

export type Made = Pick<PodModel, "id" | "version" | "uid" | "at" | "state" | "height">;

const SYNC = 20;

/** A node in step is at most so many blocks behind: what our own chart calls ready. */
const IN_STEP = 2;

/** A validator's pod, and the node in it, which fails when and as its scenario says. */
export class PodModel {
  readonly id: string;
  readonly version: string;
  readonly uid: number;
  /** Time at which it is up, or gone, or made again. */
  at: number;
  state: "starting" | "up" | "stopping" | "gone";
  /** Height of its newest block. */
  height: number;
  readonly #scenario: Scenario;

  constructor(scenario: Scenario, { id, version, uid, at, state, height }: Made) {
    this.#scenario = scenario;
    this.id = id;
    this.version = version;
    this.uid = uid;
    this.at = at;
    this.state = state;
    this.height = height;
  }

  get behaviour(): Behaviour {
    return behaviourOf(this.#scenario, this.id, this.version);
  }

  answers(now: number): boolean {
    return this.state === "up" && !this.#isDown(now, false);
  }

  /** What Kubernetes calls ready: a node that answers and is in step need not vote. */
  isReady(now: number, height: number): boolean {
    if (!this.answers(now) || this.behaviour.stuck) return false;
    return height - this.height <= IN_STEP;
  }

  votes(now: number, height: number): boolean {
    const { silent, stuck } = this.behaviour;
    if (this.state !== "up" || silent || stuck) return false;
    return !this.#isDown(now, true) && height - this.height <= 1;
  }

  /** Whether it stays as it is while nobody touches it and its scenario brings nothing new. */
  rests(now: number, height: number): boolean {
    const { broken, stuck } = this.behaviour;
    if (this.state !== "up") return this.state === "starting" && broken === true;
    return stuck === true || this.#isDown(now, false) || this.height === height;
  }

  stop(now: number): void {
    this.state = "stopping";
    this.at = now + 2000;
  }

  /** Comes up, or is gone, when it is time. */
  goOn(now: number): void {
    if (now < this.at) return;
    if (this.state === "stopping") {
      this.state = "gone";
      this.at = now + 1000;
    } else if (this.state === "starting" && !this.behaviour.broken) {
      this.state = "up";
    }
  }

  /** Takes blocks that the others have. */
  follow(now: number, height: number): void {
    if (!this.answers(now) || this.behaviour.stuck) return;
    this.height = Math.min(height, this.height + SYNC);
  }

  #isDown(now: number, silentToo: boolean): boolean {
    return isDown(this.#scenario, this.id, now, silentToo);
  }
}

export function behaviourOf({ versions }: Scenario, id: string, version: string): Behaviour {
  if (version === "old") return { start: 4000 };
  return versions[id] ?? versions[""] ?? { start: 4000 };
}
