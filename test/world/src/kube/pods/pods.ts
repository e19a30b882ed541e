import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { tool } from "../../../../../scripts/tools.ts";
import { type Addresses, reserveAddresses } from "../../axon/addresses.ts";
import type { Behaviour } from "../../axon/behaviour.ts";
import { NetworkFaults } from "../../axon/network-faults.ts";
import { Signatures } from "../../axon/signatures.ts";
import type { AgentBehaviour } from "../../hyperlane/agent-behaviour.ts";
import type { Cluster } from "../cluster.ts";
import type { KubeObject } from "../object.ts";
import { Images, isOurs } from "./images.ts";
import { hostsFor } from "./names.ts";
import type { Ground } from "./pod-place.ts";
import { PodWorker } from "./pod-worker.ts";

export type PodsOptions = {
  /** Builds of the validators' program by tag: images `…/axon:<tag>`. */
  tags: Record<string, Behaviour>;
  /** Builds of Hyperlane's agents by tag: images `…/hyperlane-agent:<tag>`. */
  agents?: Record<string, AgentBehaviour>;
  /** Where pods find AWS; those whose service account has a role get its identity. */
  aws?: { url: string };
  /** Images with Node.js, as containers name them: `…/node@sha256:…`. */
  node?: string[];
};

export type Pods = AsyncDisposable & {
  /** Pushes a build; pods that are started from now on get it. */
  tag(name: string, behaviour: Behaviour): void;
  tagAgent(name: string, behaviour: AgentBehaviour): void;
  /**
   * Nothing passes between two pods any longer, by `namespace/name`; they find each other again.
   */
  cut(one: string, other: string): Promise<void>;
  mend(one: string, other: string): Promise<void>;
  /** All that a pod sends or gets takes so much longer; 0 ends it. */
  delay(pod: string, ms: number): Promise<void>;
  /** The nodes that run in a namespace wait a tenth of what they should from block to block. */
  hurry(namespace: string): Promise<void>;
  /** The machine's own address of a pod, at which its ports are. */
  addressOf(pod: string): string;
  /** Runs a command in a pod's container; rejects when it fails. */
  exec(pod: string, container: string, command: string[]): Promise<string>;
  signatures(): Promise<Signatures>;
  /**
   * A node's machine is gone from one moment to the next, and then the node is: the pods on it are
   * deleted as the garbage collector does it, a minute earlier.
   */
  loseNode(name: string): Promise<void>;
};

/** Makes real processes of a cluster's pods whose image is a program of ours, or has Node.js. */
export async function startPods(cluster: Cluster, options: PodsOptions): Promise<Pods> {
  const { tags, agents = {}, node = [], aws } = options;
  await using cleanup = new AsyncDisposableStack();
  const addresses = cleanup.use(await reserveAddresses());
  const images = new Images(tags, agents, node);
  const shared = join(cluster.dir, "shared");
  await mkdir(join(shared, "behaviours"), { recursive: true });
  await chmod(shared, 0o777);
  const programs = dirname(await tool("axon"));
  const kubelets = new Kubelets(cluster, { images, shared, programs, aws: aws?.url }, addresses);
  cleanup.use(kubelets);
  kubelets.start();

  const network = new NetworkFaults(join(shared, "network.json"));
  const parts = cleanup.move();
  return {
    tag: (name, behaviour) => images.set(name, behaviour),
    tagAgent: (name, behaviour) => images.setAgent(name, behaviour),
    cut: (one, other) => network.cut(kubelets.addressOf(one), kubelets.addressOf(other)),
    mend: (one, other) => network.mend(kubelets.addressOf(one), kubelets.addressOf(other)),
    delay: (pod, ms) => network.delay(kubelets.addressOf(pod), ms),
    hurry: (namespace) => network.hurry(kubelets.addressesIn(namespace)),
    addressOf: (pod) => kubelets.addressOf(pod),
    exec: (pod, container, command) => kubelets.exec(pod, container, command),
    signatures: () => Signatures.read(join(shared, "signatures")),
    loseNode: (name) => kubelets.loseNode(name),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const EXEC_MS = 30_000;

class Kubelets implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #addresses: Addresses;
  readonly #ground: Ground;
  readonly #workers = new Map<string, PodWorker>();
  readonly #services = new Map<string, KubeObject>();
  readonly #watches = new DisposableStack();
  #given = 0;
  #ended = false;

  constructor(
    cluster: Cluster,
    given: Pick<Ground, "images" | "shared" | "programs" | "aws">,
    addresses: Addresses,
  ) {
    this.#cluster = cluster;
    this.#addresses = addresses;
    const { api, disks, dir } = cluster;
    const { images, shared } = given;
    this.#ground = {
      ...given,
      api,
      disks,
      dir: join(dir, "pods"),
      hosts: (namespace) => this.#hosts(namespace),
      behaviourFile: async (image) => {
        const name = `behaviours/${Buffer.from(image).toString("hex")}.json`;
        await writeFile(join(shared, name), JSON.stringify(images.pull(image)));
        return name;
      },
    };
  }

  start(): void {
    const { api } = this.#cluster;
    this.#watches.defer(
      api.watch("/api/v1/services", {
        onSeen: (service) => this.#service(service.metadata.uid ?? "", service),
        onGone: ({ metadata }) => this.#service(metadata.uid ?? ""),
      }),
    );
    this.#watches.defer(
      api.watch("/api/v1/pods", {
        onSeen: (pod) => this.#seen(pod),
        onGone: ({ metadata }) => this.#gone(metadata.uid ?? ""),
      }),
    );
  }

  addressOf(pod: string): string {
    return this.#worker(pod).place.ip;
  }

  addressesIn(namespace: string): string[] {
    const places = [...this.#workers.values()].map(({ place }) => place);
    return places.filter(({ name }) => name.startsWith(`${namespace}/`)).map(({ ip }) => ip);
  }

  async exec(pod: string, container: string, command: string[]): Promise<string> {
    const found = this.#worker(pod).keepers.find(({ spec }) => spec.name === container);
    if (!found?.container) throw new Error(`${container} of ${pod} does not run`);
    return found.container.exec(command, EXEC_MS);
  }

  async loseNode(name: string): Promise<void> {
    const { api } = this.#cluster;
    const lost = [...this.#workers.values()].filter(({ pod }) => pod.spec.nodeName === name);
    await Promise.all(lost.map((worker) => this.#gone(worker.place.uid)));
    await api.delete(`/api/v1/nodes/${name}`);
    for (const { metadata } of await api.list(`/api/v1/pods?fieldSelector=spec.nodeName=${name}`)) {
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
      await api.delete(path, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#watches.dispose();
    await Promise.all([...this.#workers.values()].map((worker) => worker.kill()));
  }

  #worker(pod: string): PodWorker {
    const found = [...this.#workers.values()].find(({ place }) => place.name === pod);
    if (!found) throw new Error(`there is no pod ${pod} that is a process`);
    return found;
  }

  #seen(pod: KubeObject): void {
    const uid = pod.metadata.uid ?? "";
    const known = this.#workers.get(uid);
    if (known) {
      known.update(pod);
      return;
    }
    const done = ["Succeeded", "Failed"].includes(pod.status?.phase);
    if (this.#ended || done || !pod.spec.nodeName || !isOurs(pod)) return;

    const number = this.#given++;
    const podIP = `10.244.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    const ips = { ip: this.#addresses.next(), podIP };
    const worker = new PodWorker(this.#ground, pod, ips, () => this.#renamed());
    this.#workers.set(uid, worker);
    worker.start();
    worker.update(pod);
  }

  async #gone(uid: string): Promise<void> {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    await worker?.kill();
    this.#renamed();
  }

  #service(uid: string, service?: KubeObject): void {
    if (service) this.#services.set(uid, service);
    else this.#services.delete(uid);
    this.#renamed();
  }

  #hosts(namespace: string): string {
    const pods = [...this.#workers.values()].map((worker) => ({
      pod: worker.pod,
      ip: worker.place.ip,
      ready: worker.isReady,
    }));
    return hostsFor(namespace, [...this.#services.values()], pods);
  }

  #renamed(): void {
    for (const worker of this.#workers.values()) worker.writeHosts();
  }
}
