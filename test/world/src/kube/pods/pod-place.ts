import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KubeApi } from "../api.ts";
import type { Disks } from "../disks.ts";
import { recordEvent } from "../events.ts";
import type { KubeObject } from "../object.ts";
import type { ContainerPlan, Mount } from "./container.ts";
import type { ContainerSpec } from "./container-keeper.ts";
import { environmentOf, expand } from "./fields.ts";
import { type Identity, identityOf } from "./identity.ts";
import { type Images, isAgent, isAxon, isNode } from "./images.ts";
import { makeVolumes, type Volume } from "./volumes.ts";

/** What all pods of a cluster share. */
export type Ground = {
  api: KubeApi;
  disks: Disks;
  images: Images;
  /** For the pods' folders. */
  dir: string;
  /** Every container has it at WORLD_FOLDER: what processes write and read of the world. */
  shared: string;
  /** The folder of the validators' program. */
  programs: string;
  /** The endpoint of AWS, for pods with a role of their own. */
  aws: string | undefined;
  /** Writes a build's behaviour into the shared folder and gives its name there. */
  behaviourFile(image: string): Promise<string>;
  hosts(namespace: string): string;
};

export const WORLD_FOLDER = "/.world";

const { execPath: NODE } = process;

/** The program of Hyperlane's agents, with what it imports, as it lies in this clone. */
const CLONE = fileURLToPath(new URL("../../../../../", import.meta.url));
const AGENT_FOLDER = "/.agent";
const AGENT_PARTS = ["test/world", "node_modules"];
const AGENT = ["node", `${AGENT_FOLDER}/test/world/src/hyperlane/agent.ts`];
/** Hyperlane's own agents in the place of ours: where place.sh has laid them out. */
const { PLAYBOOK_REAL_AGENTS: REAL_AGENTS } = process.env;
const REAL_AGENT = ["bash", `${AGENT_FOLDER}/start.sh`];

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A pod's folder, volumes and address, and how its containers are to be started. */
export class PodPlace {
  readonly ip: string;
  readonly #ground: Ground;
  readonly #pod: KubeObject;
  readonly #dir: string;
  #volumes = new Map<string, Volume>();
  #identity: Identity | undefined;
  readonly #starts = new Map<string, number>();

  constructor(ground: Ground, pod: KubeObject, ip: string) {
    this.ip = ip;
    this.#ground = ground;
    this.#pod = pod;
    this.#dir = join(ground.dir, this.uid);
  }

  get uid(): string {
    return this.#pod.metadata.uid ?? "";
  }

  get name(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }

  get graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** Whether a container can be started. */
  readonly images = { has: (image: string) => this.#ground.images.has(image) };

  async makeVolumes(): Promise<void> {
    const { api, disks, aws } = this.#ground;
    const folder = join(this.#dir, "volumes");
    await mkdir(folder, { recursive: true });
    this.#identity = aws === undefined ? undefined : await identityOf(api, this.#pod);
    const { spec } = this.#pod;
    const volumes = [...(spec.volumes ?? []), ...(this.#identity ? [this.#identity.volume] : [])];
    const pod = { ...this.#pod, spec: { ...spec, volumes } };
    this.#volumes = await makeVolumes(api, disks, pod, folder);
  }

  /** What a container writes now, and what it wrote before it was started again. */
  logFiles(container: string): { now: string; before: string } {
    const path = join(this.#dir, "logs", container);
    return { now: `${path}.log`, before: `${path}.before.log` };
  }

  async prepareLog(container: string): Promise<void> {
    await mkdir(join(this.#dir, "logs"), { recursive: true });
    await writeFile(this.logFiles(container).now, "");
  }

  get root(): string {
    return this.#dir;
  }

  async plan(spec: ContainerSpec): Promise<ContainerPlan> {
    const { api, hosts, shared } = this.#ground;
    const { metadata, spec: pod } = this.#pod;
    const given = await environmentOf(api, this.#withStatus(), spec);
    const hasBehaviour = isAxon(spec.image) || isAgent(spec.image);
    const behaviour = hasBehaviour && (await this.#ground.behaviourFile(spec.image));
    const variable = isAxon(spec.image) ? "WORLD_AXON_BEHAVIOUR" : "WORLD_AGENT_BEHAVIOUR";
    const env = {
      PATH,
      HOME: "/",
      HOSTNAME: pod.hostname ?? metadata.name,
      ...(this.#identity && { ...this.#identity.env, AWS_ENDPOINT_URL: this.#ground.aws ?? "" }),
      ...given,
      WORLD_POD_IP: this.ip,
      WORLD_POD: this.name,
      WORLD_SIGNATURES: `${WORLD_FOLDER}/signatures`,
      WORLD_NETWORK: `${WORLD_FOLDER}/network.json`,
      ...(behaviour && { [variable]: `${WORLD_FOLDER}/${behaviour}` }),
    };
    const log = this.logFiles(spec.name);
    const starts = this.#starts.get(spec.name) ?? 0;
    this.#starts.set(spec.name, starts + 1);
    if (starts > 0) await rename(log.now, log.before).catch(() => {});
    const dir = join(this.#dir, "containers", `${spec.name}-${starts}`);
    await mkdir(dir, { recursive: true });
    const entrypoint = entrypointOf(spec.image);
    const command = (spec.command ?? entrypoint) as string[];
    return {
      dir,
      logFile: log.now,
      hosts: hosts(metadata.namespace ?? ""),
      command: [...command, ...(spec.args ?? [])].map((text) => expand(text, env)),
      env,
      workingDir: spec.workingDir ?? "/app",
      mounts: [
        { source: shared, target: WORLD_FOLDER, readOnly: false },
        ...this.#programs(spec),
        ...this.#mounts(spec),
      ],
      readOnlyRoot: spec.securityContext?.readOnlyRootFilesystem ?? false,
      user: userOf(pod.securityContext, spec.securityContext),
    };
  }

  event(reason: string, message: string, type = "Normal"): Promise<void> {
    const about = { apiVersion: "v1", kind: "Pod", ...this.#pod };
    return recordEvent(this.#ground.api, about, { reason, message, type }).catch(() => {});
  }

  #withStatus(): KubeObject {
    const status = { ...this.#pod.status, podIP: this.ip, hostIP: "127.0.0.1" };
    return { ...this.#pod, status };
  }

  /** What an image brings along beside the machine's own. */
  #programs({ image }: ContainerSpec): Mount[] {
    const hasNode = isNode(image) || isAgent(image);
    const folder = isAxon(image) ? this.#ground.programs : hasNode && dirname(NODE);
    const parts = isAgent(image) ? agentParts() : [];
    return [
      ...(folder ? [{ source: folder, target: "/usr/local/bin", readOnly: true }] : []),
      ...parts.map((part) => ({ ...part, readOnly: true })),
    ];
  }

  #mounts({ volumeMounts = [] }: ContainerSpec): Mount[] {
    return [...volumeMounts, ...(this.#identity ? [this.#identity.mount] : [])].map(
      // biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
      ({ name, mountPath, subPath, readOnly }: any) => {
        const volume = this.#volumes.get(name);
        if (!volume) throw new Error(`there is no volume ${name}`);
        const source = subPath ? join(volume.path, subPath) : volume.path;
        return { source, target: mountPath, readOnly: volume.readOnly || (readOnly ?? false) };
      },
    );
  }
}

function agentParts(): Pick<Mount, "source" | "target">[] {
  if (REAL_AGENTS) return [{ source: REAL_AGENTS, target: AGENT_FOLDER }];
  return AGENT_PARTS.map((part) => ({
    source: join(CLONE, part),
    target: `${AGENT_FOLDER}/${part}`,
  }));
}

function entrypointOf(image: string): string[] {
  if (isAxon(image)) return ["axon"];
  if (isAgent(image)) return REAL_AGENTS ? REAL_AGENT : AGENT;
  return isNode(image) ? ["node"] : ["sleep", "infinity"];
}

// biome-ignore lint/suspicious/noExplicitAny: the API has checked them.
function userOf(pod: any = {}, container: any = {}): ContainerPlan["user"] {
  const uid = container.runAsUser ?? pod.runAsUser ?? 0;
  const gid = container.runAsGroup ?? pod.runAsGroup ?? 0;
  const groups = [...(pod.supplementalGroups ?? []), ...(pod.fsGroup ? [pod.fsGroup] : [])];
  return { uid, gid, groups };
}
