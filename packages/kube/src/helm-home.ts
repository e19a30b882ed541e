import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, type Context, reason } from "@playbook/action";
import { childEnvironment, type Ended, type Environment, plain, runChild } from "@playbook/child";
import type { Connection } from "./connection.ts";
import { type KubeconfigFile, kubeconfigFile } from "./kubeconfig-file.ts";

/** Where Helm keeps its releases. `configmap` needs no right on Secrets. */
export type Driver = "secret" | "configmap";

export type HelmInputs = {
  /** A name that is looked for in PATH, or a path. */
  program?: string;
  connection: Connection;
  driver?: Driver;
  context: Context;
  /** What Helm may see of it is chosen here: paths, proxies and authorities; no credentials. */
  env: Environment;
};

export type HelmVersion = { major: number; minor: number; text: string };

/** What Helm runs longest for, since it is never told to wait for anything. */
const LONGEST_MS = 10 * 60_000;

/** How much of what it complained of is shown. */
const SHOWN = 2_000;

/**
 * A place in which Helm runs: an environment of its own, in a private folder. Neither the machine's
 * plugins, repositories and registries' logins nor the job's credentials are there.
 */
export class HelmHome implements AsyncDisposable {
  readonly #inputs: HelmInputs;
  readonly #kubeconfig: KubeconfigFile;
  readonly #env: Environment;
  #files = 0;
  #version: Promise<HelmVersion> | undefined;

  private constructor(inputs: HelmInputs, kubeconfig: KubeconfigFile) {
    const { env, driver = "secret" } = inputs;
    const { folder, path } = kubeconfig;
    const given = childEnvironment(env);
    this.#inputs = inputs;
    this.#kubeconfig = kubeconfig;
    this.#env = {
      ...Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith("XDG_"))),
      // Logins to registries are found from there too.
      HOME: folder,
      KUBECONFIG: path,
      HELM_DRIVER: driver,
      HELM_CACHE_HOME: join(folder, "cache"),
      HELM_CONFIG_HOME: join(folder, "config-home"),
      HELM_DATA_HOME: join(folder, "data"),
      HELM_PLUGINS: join(folder, "plugins"),
    };
  }

  static async open(inputs: HelmInputs): Promise<HelmHome> {
    const kubeconfig = await kubeconfigFile(inputs.connection);
    return new HelmHome(inputs, kubeconfig);
  }

  /** A private file for values, or for a chart that is fetched. */
  async file(name: string, content: string): Promise<string> {
    this.#files += 1;
    const path = join(this.#kubeconfig.folder, `${this.#files}-${name}`);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }

  async newFolder(name: string): Promise<string> {
    this.#files += 1;
    const path = join(this.#kubeconfig.folder, `${this.#files}-${name}`);
    await mkdir(path, { mode: 0o700 });
    return path;
  }

  version(): Promise<HelmVersion> {
    this.#version ??= this.run(["version", "--template", "{{.Version}}"]).then((text) => {
      const [, major, minor] = /^v(\d+)\.(\d+)/.exec(text) ?? [];
      const known = Number(major);
      if (known === 3 || known === 4) return { major: known, minor: Number(minor), text };
      throw new ActionError("helm-unknown", {
        what: `Helm says that it is version ${text || "(nothing)"}.`,
        why: "This action knows Helm 3 and 4.",
        next: "Install one of them on the runner, or name another with `helm`.",
      });
    });
    return this.#version;
  }

  /** What it wrote when it succeeds. Throws `no-helm` and `helm-failed`. */
  async run(args: string[], { writes = false }: { writes?: boolean } = {}): Promise<string> {
    const ended = await this.attempt(args, { writes });
    if (ended.code === 0) return ended.stdout.trim();
    throw failed(args, ended);
  }

  /**
   * Runs it to its end, whatever that is. What changes something is not cut off when the run ends:
   * that would leave the release pending.
   */
  async attempt(args: string[], { writes = false }: { writes?: boolean } = {}): Promise<Ended> {
    const { program = "helm", context } = this.#inputs;
    const longest = AbortSignal.timeout(LONGEST_MS);
    const signal = writes ? longest : AbortSignal.any([longest, context.signal]);
    context.signal.throwIfAborted();
    try {
      const ended = await runChild(program, args, {
        env: this.#env,
        cwd: this.#kubeconfig.folder,
        signal,
      });
      return { ...ended, stdout: plain(ended.stdout), stderr: plain(ended.stderr) };
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      throw longest.aborted ? tooLong(args) : absent(program, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kubeconfig[Symbol.asyncDispose]();
  }
}

export function failed(args: string[], { code, stdout, stderr }: Ended): ActionError {
  const said = (stderr.trim() || stdout.trim()).slice(-SHOWN);
  return new ActionError("helm-failed", {
    what: `helm ${args[0]} ${args[1] ?? ""} failed.`.replace(" -", " "),
    why: said || `It ended with ${code}.`,
    next: "Mend what it says and run this again: it goes on from the release as it is.",
  });
}

function tooLong(args: string[]): ActionError {
  return new ActionError("helm-failed", {
    what: `helm ${args[0]} was ended.`,
    why: `It ran for ${LONGEST_MS / 60_000} min: a hook of the chart may hang.`,
    next: "See what the hooks wait for. The next run finds the release and mends it.",
  });
}

function absent(program: string, error: unknown): ActionError {
  return new ActionError(
    "no-helm",
    {
      what: `Helm cannot be started as ${program}.`,
      why: reason(error),
      next: "Install Helm 3 or 4 on the runner, or name it with `helm`.",
    },
    { cause: error },
  );
}
