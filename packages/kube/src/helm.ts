import { ActionError } from "@playbook/action";
import type { Ended } from "@playbook/child";
import { z } from "zod";
import { type ChartSource, fetchChart } from "./chart.ts";
import { failed, HelmHome, type HelmInputs, type HelmVersion } from "./helm-home.ts";

export type Release = { name: string; namespace: string };

export type ReleaseInputs = Release & {
  /** As `fetch` gave it. */
  chart: string;
  /** Files of values and values themselves, the later ones before the earlier ones. */
  values?: (object | string)[];
};

export type Upgrade = ReleaseInputs & {
  description?: string;
  /** Revisions that are kept, at most. */
  historyMax?: number;
  /** With Helm 4, take the fields over that others have changed. */
  forceConflicts?: boolean;
  /** Goes with the revision's record, to know it by. */
  labels?: Record<string, string>;
};

const revision = z.object({
  revision: z.number(),
  status: z.string(),
  chart: z.string(),
  description: z.string().default(""),
});

const preview = z.object({
  manifest: z.string(),
  hooks: z
    .array(z.object({ manifest: z.string() }))
    .nullish()
    .transform((hooks) => hooks ?? []),
});

export type HistoryEntry = z.output<typeof revision>;

/** What a live cluster offers, so that a chart is rendered as it would be there. */
export type Capabilities = { kubeVersion: string; apiVersions: string[] };

/** So many revisions are kept. Helm takes the oldest away before it writes another one. */
export const HISTORY_MAX = 20;

/**
 * Helm 3 or 4 as a program, for one cluster. It is never told to wait and never to take anything
 * back by itself: who rolls out does that, and knows more than readiness.
 */
export class Helm implements AsyncDisposable {
  readonly #home: HelmHome;

  private constructor(home: HelmHome) {
    this.#home = home;
  }

  static async open(inputs: HelmInputs): Promise<Helm> {
    return new Helm(await HelmHome.open(inputs));
  }

  version(): Promise<HelmVersion> {
    return this.#home.version();
  }

  /** A chart on this machine: see `fetchChart`. */
  fetch(source: ChartSource): Promise<string> {
    return fetchChart(this.#home, source);
  }

  /**
   * The manifests that a chart renders to, as YAML documents. What its templates look up in the
   * cluster is there with `looksUp`, where this Helm can do so. Throws `values-invalid` with the
   * values that the chart's schema does not take.
   */
  async template(
    inputs: ReleaseInputs,
    { kubeVersion, apiVersions }: Capabilities,
    { isUpgrade = false, looksUp = false } = {},
  ): Promise<string> {
    const canLookUp = looksUp && isSince(await this.version(), LOOKUP);
    return this.#rendered([
      ...["template", ...(await this.#arguments(inputs))],
      ...["--kube-version", kubeVersion, ...apiVersions.flatMap((one) => ["--api-versions", one])],
      ...(isUpgrade ? ["--is-upgrade"] : []),
      ...(canLookUp ? ["--dry-run=server"] : []),
    ]);
  }

  /**
   * The manifests, those of hooks with them, that an upgrade of a release that is there would apply
   * now: with the number of its revision, and what its templates look up. Nothing is changed. Throws
   * `values-invalid`, and `helm-failed` also while Helm is at that release, or of Helm before 3.13.
   */
  async preview(inputs: ReleaseInputs): Promise<string> {
    const args = ["upgrade", ...(await this.#arguments(inputs)), "--dry-run=server"];
    const said = await this.#rendered([...args, "--output", "json"]);
    const { manifest, hooks } = preview.parse(JSON.parse(said));
    return [manifest, ...hooks.map((hook) => hook.manifest)].join("\n---\n");
  }

  /** What `helm lint` has against a chart with these values; nothing when it is all right. */
  async lint({ chart, values = [] }: Pick<ReleaseInputs, "chart" | "values">): Promise<string[]> {
    const args = ["lint", chart, "--quiet", ...(await this.#files(values))];
    const { code, stdout, stderr } = await this.#home.attempt(args);
    if (code === 0) return [];
    return `${stdout}\n${stderr}`
      .split("\n")
      .filter((line) => /^\[(ERROR|WARNING)\]|^- |^Error/.test(line));
  }

  /**
   * Installs a release, or makes another revision of it. Throws `values-invalid`, `helm-failed`.
   */
  async upgrade(inputs: Upgrade): Promise<void> {
    const { description, historyMax = HISTORY_MAX, forceConflicts = false, labels = {} } = inputs;
    const { major } = await this.version();
    const marks = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    await this.#rendered(
      [
        ...["upgrade", ...(await this.#arguments(inputs)), "--install"],
        ...["--history-max", String(historyMax), "--output", "json"],
        ...(description ? ["--description", description] : []),
        ...(marks.length > 0 ? ["--labels", marks.join(",")] : []),
        ...(forceConflicts && major === 4 ? ["--force-conflicts"] : []),
      ],
      { writes: true },
    );
    await this.#seeRecorded(inputs);
  }

  /** Makes a new revision that is as an earlier one was. */
  async rollback(
    { name, namespace }: Release,
    revision: number,
    { historyMax = HISTORY_MAX, forceConflicts = false } = {},
  ): Promise<void> {
    const { major } = await this.version();
    await this.#home.run(
      [
        ...["rollback", name, String(revision), "--namespace", namespace],
        ...["--history-max", String(historyMax)],
        ...(forceConflicts && major === 4 ? ["--force-conflicts"] : []),
      ],
      { writes: true },
    );
    await this.#seeRecorded({ name, namespace });
  }

  /** Takes a release away, with its history; that there is none is no failure. */
  async uninstall({ name, namespace }: Release): Promise<void> {
    const args = ["uninstall", name, "--namespace", namespace, "--ignore-not-found"];
    // Why an object stays is told to those alone who ask for all that Helm does.
    const ended = await this.#home.attempt([...args, "--debug"], { writes: true });
    if (ended.code !== 0) throw failed(args, { ...ended, stderr: withoutSteps(ended.stderr) });
  }

  /** The revisions of a release, the latest last; none when there is no such release. */
  async history({ name, namespace }: Release): Promise<HistoryEntry[]> {
    const args = ["history", name, "--namespace", namespace, "--output", "json"];
    const ended = await this.#home.attempt(args);
    if (ended.code !== 0 && /release: not found/.test(ended.stderr)) return [];
    return z.array(revision).parse(this.#json(args, ended));
  }

  /** The values that were given to a revision; without the chart's own. */
  async values({ name, namespace }: Release, revision?: number): Promise<Record<string, unknown>> {
    const args = [
      "get",
      "values",
      name,
      "--namespace",
      namespace,
      "--output",
      "json",
      ...at(revision),
    ];
    const values = this.#json(args, await this.#home.attempt(args));
    return (values ?? {}) as Record<string, unknown>;
  }

  /** The manifests of a revision, as YAML documents. */
  manifest({ name, namespace }: Release, revision?: number): Promise<string> {
    return this.#home.run(["get", "manifest", name, "--namespace", namespace, ...at(revision)]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#home[Symbol.asyncDispose]();
  }

  /** Helm says nothing, and succeeds, when it cannot write down that it is done. */
  async #seeRecorded(release: Release): Promise<void> {
    const latest = (await this.history(release)).at(-1);
    if (latest?.status !== "deployed") throw unrecorded(release, latest?.status ?? "nothing");
  }

  async #arguments({ name, namespace, chart, values = [] }: ReleaseInputs): Promise<string[]> {
    return [name, chart, "--namespace", namespace, ...(await this.#files(values))];
  }

  async #files(values: (object | string)[]): Promise<string[]> {
    const paths = await Promise.all(
      values.map((one) =>
        typeof one === "string" ? one : this.#home.file("values.json", JSON.stringify(one)),
      ),
    );
    return paths.flatMap((path) => ["--values", path]);
  }

  async #rendered(args: string[], options: { writes?: boolean } = {}): Promise<string> {
    const ended = await this.#home.attempt(args, options);
    if (ended.code === 0) return ended.stdout;
    const flaws = schemaFlaws(ended.stderr);
    throw flaws.length > 0 ? invalid(flaws) : failed(args, ended);
  }

  #json(args: string[], ended: Ended): unknown {
    if (ended.code === 0) return JSON.parse(ended.stdout);
    throw failed(args, ended);
  }
}

/** The first Helm that renders with the cluster and changes nothing. */
const LOOKUP = { major: 3, minor: 13 };

function isSince(one: Pick<HelmVersion, "major" | "minor">, first: typeof LOOKUP): boolean {
  return one.major > first.major || (one.major === first.major && one.minor >= first.minor);
}

function unrecorded({ name, namespace }: Release, status: string): ActionError {
  return new ActionError("release-unrecorded", {
    what: `Helm has applied ${name} in ${namespace}, and its record says ${status}.`,
    why: "It could not write the record at its end, and does not say so.",
    next: "Give the role `update` on its records (secrets or configmaps); the next run mends it.",
  });
}

/**
 * What Helm says with `--debug`, without its steps and stacks: Helm 4 logs what is wrong with a
 * step as
 * `error="…"`, Helm 3 in its words.
 */
export function withoutSteps(stderr: string): string {
  return stderr
    .split("\n")
    .flatMap((line) => {
      const [, quoted] = /^level=\w+ .*\berror=("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
      if (quoted) return [String(JSON.parse(quoted))];
      const [, step] = /^\w+\.go:\d+: .*\[debug\] (.*\bfailed\b.*)/i.exec(line) ?? [];
      return step ?? (/^[A-Z]\w*: /.test(line) ? line : []);
    })
    .join("\n");
}

function at(revision?: number): string[] {
  return revision === undefined ? [] : ["--revision", String(revision)];
}

/** What Helm lists behind its words about the schema, one value a line. */
export function schemaFlaws(stderr: string): string[] {
  const [, listed] =
    /meet the specifications of the schema\(s\)[^\n]*\n([\s\S]*)/.exec(stderr) ?? [];
  return (listed ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("- "))
    .map((line) => line.slice(2));
}

function invalid(flaws: string[]): ActionError {
  return new ActionError("values-invalid", {
    what: "The chart does not take these values.",
    why: flaws.join("\n"),
    next: "Correct them: the chart's values.schema.json says what each may be.",
  });
}
