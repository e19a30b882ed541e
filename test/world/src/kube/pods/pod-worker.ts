import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../object.ts";
import { Reconciler } from "../reconciler.ts";
import { ContainerKeeper } from "./container-keeper.ts";
import { openDoors } from "./doors.ts";
import { type Ground, PodPlace } from "./pod-place.ts";
import { MountError } from "./volumes.ts";

const RETRY_MS = 300;

type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** What a kubelet does for one pod, from its being bound to a node to its end. */
export class PodWorker {
  readonly place: PodPlace;
  /** As the API shows it. */
  readonly podIP: string;
  readonly #ground: Ground;
  readonly #inits: ContainerKeeper[];
  readonly #mains: ContainerKeeper[];
  readonly #statuses: Reconciler;
  readonly #startTime = new Date().toISOString();
  readonly #ready: () => void;
  #pod: KubeObject;
  #initialized = false;
  #wasReady = false;
  #readySince = this.#startTime;
  #over = false;
  #ran: Promise<void> | undefined;
  #terminating: Promise<void> | undefined;

  constructor(
    ground: Ground,
    pod: KubeObject,
    ips: { ip: string; podIP: string },
    ready: () => void,
  ) {
    this.place = new PodPlace(ground, pod, ips.ip);
    this.podIP = ips.podIP;
    this.#ground = ground;
    this.#pod = pod;
    this.#ready = ready;
    const changed = () => this.#tell();
    const keep = (spec: object) => new ContainerKeeper(spec, this.place, changed);
    this.#inits = (pod.spec.initContainers ?? []).map(keep);
    this.#mains = pod.spec.containers.map(keep);
    this.#statuses = new Reconciler(() => this.#writeStatus());
  }

  get pod(): KubeObject {
    return this.#pod;
  }

  get isReady(): boolean {
    return this.#initialized && !this.#over && this.#mains.every((keeper) => keeper.ready);
  }

  get keepers(): readonly ContainerKeeper[] {
    return [...this.#inits, ...this.#mains];
  }

  /** Starts it; its containers begin when its volumes are there. */
  start(): void {
    this.#ran = this.#run();
  }

  /** Another state of the pod was seen. */
  update(pod: KubeObject): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) this.#terminating ??= this.#terminate();
  }

  /** Everything ends at once and the API is not told of it. */
  async kill(): Promise<void> {
    this.#over = true;
    this.#statuses[Symbol.dispose]();
    await Promise.all(this.keepers.map((keeper) => keeper.kill()));
    await rm(this.place.root, { recursive: true, force: true, maxRetries: 3 });
  }

  async writeHosts(): Promise<void> {
    const text = this.#ground.hosts(this.#pod.metadata.namespace ?? "");
    await Promise.all(this.keepers.map(({ container }) => container?.writeHosts(text)));
  }

  /** Settles when nothing of the pod runs any longer and nothing will. */
  async #run(): Promise<void> {
    this.#tell();
    await openDoors(this.#ground.api, this).catch(() => {});
    await this.#makeVolumes();
    const policy = this.#pod.spec.restartPolicy ?? "Always";
    for (const init of this.#inits) {
      if (this.#over) return;
      await init.run(policy === "Never" ? "Never" : "OnFailure");
      if (init.exitCode !== 0) {
        this.#tell();
        return;
      }
    }
    if (this.#over) return;
    this.#initialized = true;
    this.#tell();
    await Promise.all(this.#mains.map((keeper) => keeper.run(policy)));
    this.#tell();
  }

  async #terminate(): Promise<void> {
    this.#over = true;
    const { deletionGracePeriodSeconds: seconds = 30 } = this.#pod.metadata;
    await Promise.all(this.keepers.map((keeper) => keeper.end(seconds * 1000)));
    await this.#ran;
    await this.#writeStatus().catch(() => {});
    const { namespace, name, uid } = this.#pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    while (!(await this.#ground.api.delete(path, options).then(() => true, isAnother))) {
      await sleep(RETRY_MS);
    }
  }

  async #makeVolumes(): Promise<void> {
    for (let failed = 0; !this.#over; failed += 1) {
      try {
        await this.place.makeVolumes();
        return;
      } catch (error) {
        const told = error instanceof MountError && failed % 10 === 0;
        const message = `MountVolume.SetUp failed: ${(error as Error).message}`;
        if (told) await this.place.event("FailedMount", message, "Warning");
        await sleep(RETRY_MS);
      }
    }
  }

  #tell(): void {
    if (this.isReady !== this.#wasReady) {
      this.#wasReady = this.isReady;
      this.#readySince = new Date().toISOString();
    }
    this.#ready();
    this.#statuses.ask("status");
  }

  async #writeStatus(): Promise<void> {
    const { namespace, name, uid } = this.#pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const now = await this.#ground.api.find(path);
    if (!now || now.metadata.uid !== uid) return;
    await this.#ground.api.patch(`${path}/status`, {
      metadata: { uid },
      status: this.#status(now),
    });
  }

  #status({ status }: KubeObject) {
    const ours = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];
    const others = (status.conditions ?? []).filter(
      (it: { type: string }) => !ours.includes(it.type),
    );
    return {
      phase: this.#phase(),
      startTime: this.#startTime,
      hostIP: "127.0.0.1",
      hostIPs: [{ ip: "127.0.0.1" }],
      podIP: this.podIP,
      podIPs: [{ ip: this.podIP }],
      conditions: [
        ...others,
        condition("Initialized", this.#initialized, this.#startTime, "ContainersNotInitialized"),
        condition("Ready", this.#wasReady, this.#readySince, "ContainersNotReady"),
        condition("ContainersReady", this.#wasReady, this.#readySince, "ContainersNotReady"),
      ],
      initContainerStatuses: this.#inits.map((keeper) => keeper.status()),
      containerStatuses: this.#mains.map((keeper) => keeper.status()),
    };
  }

  #phase(): Phase {
    if (this.#inits.some(({ exitCode = 0 }) => exitCode !== 0)) return "Failed";
    if (!this.#initialized) return "Pending";
    const codes = this.#mains.map(({ exitCode }) => exitCode);
    if (codes.some((code) => code === undefined)) {
      const begun = this.#mains.some((keeper) => keeper.status().containerID !== "");
      const crashed = this.#mains.some((keeper) => keeper.status().restartCount > 0);
      return begun || crashed ? "Running" : "Pending";
    }
    return codes.every((code) => code === 0) ? "Succeeded" : "Failed";
  }
}

function condition(type: string, holds: boolean, since: string, reason: string) {
  const why = holds ? {} : { reason };
  return { type, status: holds ? "True" : "False", lastTransitionTime: since, ...why };
}

/** The name is another pod's by now. */
function isAnother(error: { reason?: string }): boolean {
  return error.reason === "Conflict";
}
