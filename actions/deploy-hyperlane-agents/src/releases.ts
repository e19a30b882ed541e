import { createHash } from "node:crypto";
import { ActionError, type Context, shipped } from "@playbook/action";
import type { Address } from "@playbook/evm";
import { type AgentRelease, chartValues } from "@playbook/hyperlane";
import {
  type Capabilities,
  capabilitiesOf,
  configMaps,
  Helm,
  type Keeper,
  type KubeClient,
  mendRelease,
  valuesIn,
} from "@playbook/kube";
import { error, type Finding } from "@playbook/release";
import { parseAllDocuments } from "yaml";
import type { InstalledRelease } from "./entry.ts";
import { unfit } from "./unfit.ts";
import { unpaid } from "./unpaid.ts";

export type ReleasesInputs = {
  namespace: string;
  helm: string;
  set: object;
  env: Record<string, string | undefined>;
};

/** What a record of Helm's says of an agent, as labels. */
const LABEL = {
  kind: "hyperlane-agent",
  group: "hyperlane-group",
  address: "hyperlane-address",
  standby: "hyperlane-standby",
  budget: "hyperlane-budget",
  digest: "hyperlane-digest",
  /** Helm keeps labels when somebody else upgrades: they hold for this revision alone. */
  revision: "hyperlane-revision",
};

/** Nothing outside the namespace, unless the product's values say so. */
const WITHIN = { storage: { class: { create: false } }, priority: { create: false } };

const DRIVERS = ["configmap"] as const;

/** Without hooks Helm needs seconds; one that began so long ago and is not done is dead. */
const DEAD_AFTER_MS = 30_000;

/** Renderings at once. */
const AT_ONCE = 4;

/** The agents' releases in a namespace. */
export class Releases implements AsyncDisposable {
  readonly #kube: KubeClient;
  readonly #helm: Helm;
  readonly #inputs: ReleasesInputs & { values: string[] };
  readonly #context: Context;
  readonly #chart = shipped("actions/deploy-hyperlane-agents/chart");

  private constructor(
    kube: KubeClient,
    helm: Helm,
    inputs: ReleasesInputs & { values: string[] },
    context: Context,
  ) {
    this.#kube = kube;
    this.#helm = helm;
    this.#inputs = inputs;
    this.#context = context;
  }

  static async open(
    kube: KubeClient,
    inputs: ReleasesInputs & { values: string[] },
    context: Context,
  ): Promise<Releases> {
    const { helm: program, env } = inputs;
    const { connection } = kube;
    const helm = await Helm.open({ program, connection, driver: "configmap", context, env });
    return new Releases(kube, helm, inputs, context);
  }

  /** Each with the digest of what the chart makes of it; findings for those that it refuses. */
  async rendered(
    all: readonly AgentRelease[],
  ): Promise<{ releases: AgentRelease[]; findings: Finding[] }> {
    const capabilities = await capabilitiesOf(this.#kube);
    const releases = [...all];
    const findings: Finding[] = [];
    const queue = all.map((one, at) => ({ one, at }));
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { one, at } = next;
        const made = await this.#render(one, capabilities);
        if (made.digest !== undefined) releases[at] = { ...one, digest: made.digest };
        findings.push(...made.findings);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { releases, findings };
  }

  /**
   * Its digest, unless it is refused, and what is wrong; who has the budget depends on what is
   * there.
   */
  async #render(
    one: AgentRelease,
    capabilities: Capabilities,
  ): Promise<{ digest?: string; findings: Finding[] }> {
    try {
      const text = await this.#helm.template(
        this.#given({ ...one, hasBudget: false }),
        capabilities,
      );
      const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
      const told = configIn(manifests);
      const flaw = beyond(one, manifests) ?? renamed(one, manifests) ?? unpaid(one, told);
      if (flaw) return { findings: [flaw] };
      const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
      return { digest, findings: unfit(one, told, imageIn(manifests)) };
    } catch (failure) {
      const codes = ["values-invalid", "helm-failed"];
      if (!(failure instanceof ActionError) || !codes.includes(failure.code)) throw failure;
      return { findings: [error("values-refused", one.name, failure.why, failure.next)] };
    }
  }

  #given(one: AgentRelease) {
    const { namespace, values, set } = this.#inputs;
    return {
      name: one.name,
      namespace,
      chart: this.#chart,
      values: [WITHIN, ...values, set, chartValues(one)],
    };
  }

  /** What Helm has, by the labels of its newest records. */
  async installed(): Promise<InstalledRelease[]> {
    const newest = (await this.#newest()).map(readRecord);
    return newest.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The values that what is installed was made with, by the release's name. */
  async recorded(): Promise<Map<string, object>> {
    const read = (await this.#newest()).map(async (record): Promise<[string, object]> => {
      return [readRecord(record).name, await valuesIn(record)];
    });
    return new Map(await Promise.all(read));
  }

  async #newest(): Promise<Keeper[]> {
    const { namespace } = this.#inputs;
    const labels = `owner=helm,${LABEL.kind}`;
    const records = await this.#kube.list(configMaps, { namespace, labels });
    const newest = new Map<string, Keeper>();
    for (const one of records) {
      const { name, revision } = readRecord(one);
      const known = newest.get(name);
      if (!known || readRecord(known).revision < revision) newest.set(name, one);
    }
    return [...newest.values()];
  }

  /** Installs an agent, or makes another revision of it. */
  async put(one: AgentRelease, before: InstalledRelease | null): Promise<void> {
    if (before?.status === "uninstalling") {
      await this.retire(one.name);
      return this.put(one, null);
    }
    await this.#mend(one.name);
    const digest = one.digest;
    await this.#helm.upgrade({
      ...this.#given(one),
      description: `playbook ${digest}`,
      labels: {
        [LABEL.kind]: one.kind,
        [LABEL.group]: one.group,
        [LABEL.address]: one.address,
        [LABEL.standby]: String(one.isStandby),
        [LABEL.budget]: String(one.hasBudget),
        [LABEL.digest]: digest,
        [LABEL.revision]: String(await this.#nextRevision(one.name)),
      },
      forceConflicts: true,
    });
  }

  async #nextRevision(name: string): Promise<number> {
    const latest = (await this.#helm.history({ name, namespace: this.#inputs.namespace })).at(-1);
    return (latest?.revision ?? 0) + 1;
  }

  /** Takes an agent's release away; key, bucket and volume stay. */
  async retire(name: string): Promise<void> {
    await this.#mend(name);
    await this.#helm.uninstall({ name, namespace: this.#inputs.namespace });
  }

  async #mend(name: string): Promise<void> {
    const release = { name, namespace: this.#inputs.namespace };
    const mended = await mendRelease(this.#kube, {
      ...{ release, drivers: DRIVERS, deadAfterMs: DEAD_AFTER_MS, context: this.#context },
    });
    if (!mended) return;
    const { revision } = mended;
    this.#context.warn(`Helm had died at revision ${revision} of ${name}; it is marked as failed.`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#helm[Symbol.asyncDispose]();
  }
}

const CLUSTER_WIDE = ["StorageClass", "PriorityClass"];

type Manifest = {
  kind?: string;
  metadata?: { name?: string };
  data?: Record<string, string>;
  spec?: { template?: { spec?: { containers?: { image?: string }[] } } };
} | null;

/** The role has no right on what belongs to no namespace. */
function beyond({ name }: AgentRelease, manifests: readonly Manifest[]): Finding | undefined {
  const kind = manifests.map((one) => one?.kind).find((one) => CLUSTER_WIDE.includes(one ?? ""));
  if (!kind) return undefined;
  const why = `The values make a ${kind} of its own, and there would be one for each agent.`;
  const next = "Make one for all of them, and name it by `className` in the values.";
  return error("cluster-wide", name, why, next);
}

/**
 * Each agent's set is found by its release's name; one name for all would be taken by the first.
 */
function renamed({ name }: AgentRelease, manifests: readonly Manifest[]): Finding | undefined {
  const set = manifests.find((one) => one?.kind === "StatefulSet")?.metadata?.name;
  if (set === undefined || name.startsWith(set)) return undefined;
  const why = `Its nameOverride is ${set}, and every other agent's, too.`;
  return error(
    "values-refused",
    name,
    why,
    "Leave `nameOverride` out: each has its release's name.",
  );
}

/** What an agent is told. */
function configIn(manifests: readonly Manifest[]): string {
  const files = manifests.flatMap((one) => one?.data?.["agent.json"] ?? []);
  return files[0] ?? "{}";
}

function imageIn(manifests: readonly Manifest[]): string {
  const set = manifests.find((one) => one?.kind === "StatefulSet");
  return set?.spec?.template?.spec?.containers?.[0]?.image ?? "";
}

function readRecord({ metadata }: Keeper): InstalledRelease {
  const { labels = {} } = metadata;
  const revision = Number(labels.version);
  const isOurs = labels[LABEL.revision] === labels.version && labels.status === "deployed";
  return {
    name: labels.name ?? "",
    kind: labels[LABEL.kind] === "relayer" ? "relayer" : "validator",
    group: labels[LABEL.group] ?? "",
    address: labels[LABEL.address] as Address,
    isStandby: labels[LABEL.standby] === "true",
    hasBudget: labels[LABEL.budget] === "true",
    digest: isOurs ? (labels[LABEL.digest] ?? "") : "",
    revision,
    status: labels.status ?? "unknown",
  };
}
