import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ActionError, type Context } from "@playbook/action";
import {
  type Capabilities,
  capabilitiesOf,
  type Driver,
  decode,
  findRelease,
  Helm,
  type HistoryEntry,
  type KubeClient,
  lastGood,
  statefulSets as liveSets,
  mendRelease,
  type Rendered,
  type Revision,
} from "@playbook/kube";
import { parse } from "yaml";
import { chartSource, OWN_HOLD } from "./chart.ts";
import { type Manifest, parseManifests, parseObjects, statefulSets } from "./preflight/manifest.ts";
import { isOfRelease } from "./preflight/sets/ownership.ts";

export type ReleaseInputs = {
  namespace: string;
  release: string;
  chart?: string | undefined;
  chartVersion?: string | undefined;
  values: string[];
  set: Record<string, unknown>;
  holdValues?: Record<string, unknown> | undefined;
  helmStorage?: Driver | undefined;
  helm: string;
  env: Record<string, string | undefined>;
};

/** Our own chart has no hooks: Helm is done with it, or dead, in this time. */
const OWN_CHART_MS = 30_000;

/** What the description begins with of all that is released here. */
const MARK = "playbook ";

/** Whether a revision was made here, by an upgrade. */
export function isMarked({ description }: HistoryEntry): boolean {
  return description.startsWith(MARK);
}

/** A release of a chart: what it is to be, and what Helm knows of it. */
export class ChartRelease implements AsyncDisposable {
  readonly #kube: KubeClient;
  readonly #helm: Helm;
  readonly #inputs: ReleaseInputs;
  readonly #chart: string;
  readonly #context: Context;
  #text: Promise<string> | undefined;
  #manifests: Manifest[] | undefined;
  #unseen: string | undefined;
  #known: Promise<string> | undefined;

  private constructor(
    kube: KubeClient,
    helm: Helm,
    inputs: ReleaseInputs,
    chart: string,
    context: Context,
  ) {
    this.#kube = kube;
    this.#helm = helm;
    this.#inputs = inputs;
    this.#chart = chart;
    this.#context = context;
  }

  /** Opens it in the store that has it; a new one goes to ConfigMaps, which hold no keys. */
  static async open(kube: KubeClient, inputs: ReleaseInputs, context: Context) {
    const { helm: program, env } = inputs;
    const driver = inputs.helmStorage ?? (await storeOf(kube, inputs));
    const helm = await Helm.open({ program, connection: kube.connection, driver, context, env });
    const chart = await helm.fetch(chartSource(inputs.chart, inputs.chartVersion));
    return new ChartRelease(kube, helm, { ...inputs, helmStorage: driver }, chart, context);
  }

  get #name() {
    return { name: this.#inputs.release, namespace: this.#inputs.namespace };
  }

  get #drivers(): Driver[] {
    return [this.#inputs.helmStorage ?? "configmap"];
  }

  get #values(): (object | string)[] {
    const { values, set, chart, holdValues = chart ? {} : OWN_HOLD } = this.#inputs;
    return [...values, set, holdValues];
  }

  /** What its revisions are recorded in. */
  get keeper(): "secrets" | "configmaps" {
    return this.#drivers[0] === "secret" ? "secrets" : "configmaps";
  }

  /** Helm's revisions, the latest last. */
  revisions(): Promise<Revision[]> {
    return findRelease(this.#kube, this.#name, this.#drivers);
  }

  history(): Promise<HistoryEntry[]> {
    return this.#helm.history(this.#name);
  }

  /** Helm refuses to work on a release whose last operation died: it is marked as failed. */
  mend(): Promise<Revision | undefined> {
    return mendRelease(this.#kube, {
      ...{ release: this.#name, drivers: this.#drivers, context: this.#context },
      ...(!this.#inputs.chart && { deadAfterMs: OWN_CHART_MS }),
    });
  }

  /** What the revision has that is deployed, by Helm's record; nothing where none is. */
  async current(): Promise<Manifest[]> {
    const good = lastGood(await this.revisions());
    return good ? manifestsIn(good) : [];
  }

  /** What a revision has; nothing where there is none. */
  async at(revision: number): Promise<Manifest[]> {
    const found = (await this.revisions()).find((one) => one.revision === revision);
    return found ? manifestsIn(found) : [];
  }

  /** What later revisions have, of which some may be there. */
  async tried(): Promise<Manifest[]> {
    const all = await this.revisions();
    const good = lastGood(all)?.revision ?? 0;
    const later = all.filter(({ revision }) => revision > good);
    return (await Promise.all(later.map(manifestsIn))).flat();
  }

  /** What the chart renders to, as it would on this cluster. */
  async manifests(): Promise<Manifest[]> {
    this.#manifests ??= parseManifests(await this.#rendering());
    return this.#manifests;
  }

  /** The same, as it is written. */
  async objects(): Promise<Manifest[]> {
    return parseObjects(await this.#rendering());
  }

  /** What the revision that is deployed has, as it is written. */
  async currentObjects(): Promise<Manifest[]> {
    const good = lastGood(await this.revisions());
    return good ? parseObjects(await textIn(good)) : [];
  }

  #rendering(): Promise<string> {
    this.#text ??= this.#render();
    return this.#text;
  }

  /**
   * As the chart renders another time: something else where it makes up values. Ours does not, and
   * looks nothing up.
   */
  async objectsAgain(): Promise<Manifest[]> {
    return this.#inputs.chart ? parseObjects(await this.#render()) : this.objects();
  }

  /** Why what the chart's templates look up was not seen; undefined where it was. */
  get unseen(): string | undefined {
    return this.#unseen;
  }

  /** As Helm would apply it: an upgrade of another chart with its revision's number. */
  async #render(): Promise<string> {
    const isUpgrade = (await this.revisions()).length > 0;
    if (!this.#inputs.chart || !isUpgrade) return this.#template();
    return this.#helm.preview(this.#given).catch((error) => {
      if (!isHelms(error)) throw error;
      return this.#template();
    });
  }

  get #given() {
    return { ...this.#name, chart: this.#chart, values: this.#values };
  }

  /** As `helm template` has it, for which each revision is the first. */
  async #template(): Promise<string> {
    const capabilities: Capabilities = await capabilitiesOf(this.#kube);
    const isUpgrade = (await this.revisions()).length > 0;
    const render = (looksUp: boolean) =>
      this.#helm.template(this.#given, capabilities, { isUpgrade, looksUp });
    if (!this.#inputs.chart) return render(false);
    return render(true).catch((error) => {
      if (!isForbidden(error)) throw error;
      this.#unseen = error.why;
      // A chart that does without it no better is refused for what it may not see.
      return render(false).catch(() => {
        throw error;
      });
    });
  }

  /** Whether Helm makes objects by server-side apply. */
  async appliesOnServer(): Promise<boolean> {
    return (await this.#helm.version()).major === 4;
  }

  /** The values that it is given, each file as an object: Helm keeps them beside what they make. */
  async values(): Promise<Manifest[]> {
    const { values, set } = this.#inputs;
    const files = values.map(async (name) => valuesIn(name, parse(await readFile(name, "utf8"))));
    return [...(await Promise.all(files)), valuesIn("set", set)];
  }

  /** How the chart renders its sets, as far as it matters who holds their pods. */
  async rendered(): Promise<Map<string, Rendered>> {
    const sets = statefulSets(await this.manifests());
    return new Map(
      sets.map(({ metadata: { name }, spec }) => [
        name,
        {
          name,
          replicas: spec.replicas ?? 1,
          partition: spec.updateStrategy?.rollingUpdate?.partition,
          strategy: spec.updateStrategy?.type,
        },
      ]),
    );
  }

  /** The revision that is deployed, whatever was tried since; 0 when there is none. */
  async deployed(): Promise<number> {
    return lastGood(await this.revisions())?.revision ?? 0;
  }

  /** Whether the newest revision is this very release, whole. */
  async isApplied(): Promise<boolean> {
    const newest = (await this.history()).at(-1);
    return newest?.status === "deployed" && newest.description === (await this.#mark());
  }

  /** Whether the newest revision is the way back to that one, whole. */
  async isBackAt(revision: number): Promise<boolean> {
    const newest = (await this.history()).at(-1);
    return newest?.status === "deployed" && newest.description === `Rollback to ${revision}`;
  }

  /** Whether whatever was tried since a revision is this very release. */
  async isAllSince(revision: number): Promise<boolean> {
    const mark = await this.#mark();
    const since = (await this.history()).filter((one) => one.revision > revision);
    return since.every(({ description }) => description === mark);
  }

  async upgrade(): Promise<void> {
    await this.#helm.upgrade({
      ...this.#given,
      description: await this.#mark(),
      forceConflicts: true,
    });
  }

  async rollback(revision: number): Promise<void> {
    await this.#helm.rollback(this.#name, revision, { forceConflicts: true });
  }

  /** What a revision is known by: all that it is made of, but for its number. */
  async #mark(): Promise<string> {
    this.#known ??= this.#inputs.chart ? this.#template() : this.#rendering();
    const text = JSON.stringify(parseManifests(await this.#known));
    return `${MARK}${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#helm[Symbol.asyncDispose]();
  }
}

/** A role that may roll out may not read all that a chart looks up. */
function isForbidden(error: unknown): error is ActionError {
  return isHelms(error) && /forbidden/.test(error.why);
}

function isHelms(error: unknown): error is ActionError {
  return error instanceof ActionError && error.code === "helm-failed";
}

async function manifestsIn(revision: Revision): Promise<Manifest[]> {
  return parseManifests(await textIn(revision));
}

async function textIn({ driver, record }: Revision): Promise<string> {
  const { manifest = "" } = await decode(driver, record.data?.release ?? "");
  return String(manifest);
}

function valuesIn(name: string, values: unknown): Manifest {
  return { kind: "Values", metadata: { name }, spec: values };
}

/**
 * Where Helm keeps a release. Secrets are looked into only when Helm has made sets that no
 * ConfigMap tells of: a role need have no right on them.
 */
async function storeOf(
  kube: KubeClient,
  { namespace, release: name }: ReleaseInputs,
): Promise<Driver> {
  const isThere = async (driver: Driver) =>
    (await findRelease(kube, { name, namespace }, [driver])).length > 0;
  if (await isThere("configmap")) return "configmap";
  const sets = await kube.list(liveSets, { namespace });
  const made = sets.some(({ metadata }) => isOfRelease(metadata, { release: name, namespace }));
  return made && (await isThere("secret")) ? "secret" : "configmap";
}
