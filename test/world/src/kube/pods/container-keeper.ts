import { setTimeout as sleep } from "node:timers/promises";
import { Container } from "./container.ts";
import { watchContainer } from "./container-probes.ts";
import { ConfigError } from "./fields.ts";
import { imageId } from "./images.ts";
import type { PodPlace } from "./pod-place.ts";

/** A kubelet begins with ten seconds and ends with five minutes. */
const BACK_OFF = { first: 300, most: 5_000 };
const RETRY_MS = 500;
const NOT_BEGUN = 128;
/** How much of a log a status holds, in characters. */
const MESSAGE = 2_048;

// biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
export type ContainerSpec = any;

type RestartPolicy = "Always" | "OnFailure" | "Never";

type State =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | { terminated: Terminated };

type Terminated = {
  exitCode: number;
  reason: string;
  startedAt: string;
  finishedAt: string;
  containerID: string;
  message?: string;
};

/** Keeps one container of a pod running, as its restart policy and probes want it. */
export class ContainerKeeper {
  readonly spec: ContainerSpec;
  readonly #place: PodPlace;
  readonly #changed: () => void;
  readonly #ended = new AbortController();
  #state: State = { waiting: { reason: "PodInitializing" } };
  #lastState: State | undefined;
  #restarts = 0;
  #started = false;
  #ready = false;
  #over = false;
  #lastWords = "";
  #container: Container | undefined;
  #graceMs: number | undefined;

  constructor(spec: ContainerSpec, place: PodPlace, changed: () => void) {
    this.spec = spec;
    this.#place = place;
    this.#changed = changed;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** What it ended with, if it did and is not started again. */
  get exitCode(): number | undefined {
    return this.#over && "terminated" in this.#state ? this.#state.terminated.exitCode : undefined;
  }

  get container(): Container | undefined {
    return this.#container;
  }

  status() {
    const { name, image } = this.spec;
    const id = `world://${this.#place.uid}/${name}/${this.#restarts}`;
    return {
      name,
      image,
      imageID: "waiting" in this.#state && this.#restarts === 0 ? "" : imageId(image),
      containerID: "waiting" in this.#state ? "" : id,
      restartCount: this.#restarts,
      ready: this.#ready,
      started: this.#started,
      state: this.#state,
      lastState: this.#lastState ?? {},
    };
  }

  /** Settles when it has ended for good. */
  async run(policy: RestartPolicy): Promise<void> {
    await this.#keep(policy);
    this.#over = true;
    this.#changed();
  }

  /** SIGTERM, `graceMs` later SIGKILL, and never again. */
  async end(graceMs: number): Promise<void> {
    this.#graceMs = graceMs;
    this.#ended.abort();
    if (this.#container) await this.#place.event("Killing", `Stopping container ${this.spec.name}`);
    await this.#container?.stop(graceMs);
  }

  /** At once, as when the machine has lost its power. */
  async kill(): Promise<void> {
    this.#ended.abort();
    await this.#container?.stop(0);
  }

  async #keep(policy: RestartPolicy): Promise<void> {
    for (let crashes = 0; ; crashes += 1) {
      const plan = await this.#planned();
      if (!plan || this.#ended.signal.aborted) return;
      const startedAt = new Date().toISOString();
      const exitCode = await this.#runOnce(plan).catch((error: Error) => this.#notBegun(error));
      const finished = this.#finish(exitCode, startedAt);
      const over = policy === "Never" || (policy === "OnFailure" && exitCode === 0);
      if (this.#ended.signal.aborted || over) return;
      await this.#backOff(finished, crashes);
      if (this.#ended.signal.aborted) return;
    }
  }

  /** Waits for the image and all that the container's environment refers to. */
  async #planned() {
    const { image } = this.spec;
    for (let failed = 0; !this.#ended.signal.aborted; failed += 1) {
      if (!this.#place.images.has(image)) {
        const message = `Failed to pull image "${image}": not found`;
        const reason = failed % 2 === 0 ? "ErrImagePull" : "ImagePullBackOff";
        const said = failed % 2 === 0 ? message : `Back-off pulling image "${image}"`;
        await this.#wait(reason, said, failed < 2);
        continue;
      }
      try {
        const plan = await this.#place.plan(this.spec);
        await this.#place.event("Pulled", `Container image "${image}" already present on machine`);
        return plan;
      } catch (error) {
        const { name, message } = error as Error;
        const reason = error instanceof ConfigError ? name : "CreateContainerError";
        await this.#wait(reason, message, failed < 2);
      }
    }
    return undefined;
  }

  async #wait(reason: string, message: string, tell: boolean): Promise<void> {
    this.#set({ waiting: { reason, message } });
    if (tell) await this.#place.event("Failed", message, "Warning");
    await this.#pause(RETRY_MS);
  }

  async #runOnce(plan: Awaited<ReturnType<PodPlace["plan"]>>): Promise<number> {
    const { name } = this.spec;
    await this.#place.event("Created", `Created container: ${name}`);
    const container = await Container.start(plan);
    this.#container = container;
    const probing = new AbortController();
    try {
      await this.#place.event("Started", `Started container ${name}`);
      this.#started = !this.spec.startupProbe;
      this.#ready = this.#started && !this.spec.readinessProbe;
      this.#set({ running: { startedAt: new Date().toISOString() } });
      if (this.#ended.signal.aborted) container.stop(this.#graceMs ?? 0);
      this.#probe(container, probing.signal);
      return await container.exited;
    } finally {
      this.#lastWords = container.output().slice(-MESSAGE);
      probing.abort();
      this.#container = undefined;
      await container[Symbol.asyncDispose]();
    }
  }

  /** What a runtime says of a program that is not there, or of a mount that cannot be made. */
  async #notBegun({ message }: Error): Promise<number> {
    await this.#place.event("Failed", message, "Warning");
    return NOT_BEGUN;
  }

  #finish(exitCode: number, startedAt: string): Terminated {
    this.#ready = false;
    this.#started = false;
    const terminated: Terminated = {
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
      startedAt,
      finishedAt: new Date().toISOString(),
      containerID: `world://${this.#place.uid}/${this.spec.name}/${this.#restarts}`,
      ...(exitCode !== 0 && this.#tellsLastWords() && { message: this.#lastWords }),
    };
    this.#set({ terminated });
    return terminated;
  }

  #tellsLastWords(): boolean {
    return this.spec.terminationMessagePolicy === "FallbackToLogsOnError";
  }

  async #backOff(terminated: Terminated, crashes: number): Promise<void> {
    const ms = Math.min(BACK_OFF.first * 2 ** crashes, BACK_OFF.most);
    const { name } = this.spec;
    const which = `container=${name} pod=${this.#place.name}`;
    const message = `back-off ${ms}ms restarting failed ${which}`;
    this.#lastState = { terminated };
    this.#set({ waiting: { reason: "CrashLoopBackOff", message } });
    await this.#place.event("BackOff", `Back-off restarting failed container ${name}`, "Warning");
    await this.#pause(ms);
    this.#restarts += 1;
  }

  #probe(container: Container, signal: AbortSignal): void {
    watchContainer(this.spec, this.#place, container, signal, {
      started: () => {
        this.#started = true;
        this.#ready = !this.spec.readinessProbe;
        this.#changed();
      },
      ready: (is) => {
        this.#ready = is;
        this.#changed();
      },
      failed: (probe) => this.#replace(container, probe),
    });
  }

  async #replace(container: Container, probe: string): Promise<void> {
    const message = `Container ${this.spec.name} failed ${probe} probe, will be restarted`;
    await this.#place.event("Killing", message);
    await container.stop(this.#place.graceMs);
  }

  #set(state: State): void {
    this.#state = state;
    this.#changed();
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#ended.signal }).catch(() => {});
  }
}
