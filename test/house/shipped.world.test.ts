import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Cluster, startCluster, type TemporaryFolder, temporaryFolder } from "@playbook/world";
import { stringify } from "yaml";
import { leastValues } from "../../actions/helm-rollout-axon/test/chart/values.ts";
import { gitAt } from "../../scripts/release/git.ts";
import { makeRelease } from "../../scripts/release.ts";
import { root, tool } from "../../scripts/tools.ts";

const run = promisify(execFile);

let folder: TemporaryFolder;
/** What a job downloads, unpacked: no sources, no other packages. */
let library: string;
let cluster: Cluster;
beforeAll(async () => {
  folder = await temporaryFolder("shipped");
  [cluster, library] = await Promise.all([startCluster(), unpackedRelease(folder.path)]);
}, 1_200_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

async function unpackedRelease(at: string): Promise<string> {
  const made = join(at, "made");
  const archive = join(at, "archive.tar");
  const library = join(at, "library");
  await makeRelease({ version: "v0.1.0", into: made });
  gitAt(made)(["archive", "--output", archive, "HEAD"]);
  await mkdir(library);
  await run("tar", ["-xf", archive, "-C", library]);
  return library;
}

/** The paths that the sources say come with the library. */
function shippedPaths(): string[] {
  const sources = globSync("{actions,packages}/*/src/**/*.ts", { cwd: root });
  const texts = sources.map((path) => readFileSync(join(root, path), "utf8"));
  return texts.flatMap((text) =>
    [...text.matchAll(/\bshipped\((?:"([^"]+)"|([A-Z_]+))\)/g)].map(([, path, name]) => {
      const constant = new RegExp(`const ${name} = "([^"]+)"`).exec(text)?.[1];
      return path ?? constant ?? `${name}, which is no constant`;
    }),
  );
}

test("what actions need beside the bundle is in what a job downloads", () => {
  const paths = shippedPaths();

  expect(paths).toContain("actions/helm-rollout-axon/chart");
  expect(paths.filter((path) => !existsSync(join(library, path)))).toEqual([]);
});

test("a release plans with the chart that comes with it, from the bundle alone", async () => {
  const values = join(folder.path, "values.yaml");
  const output = join(folder.path, "output");
  const summary = join(folder.path, "summary");
  await writeFile(values, stringify(leastValues()));
  await Promise.all([writeFile(output, ""), writeFile(summary, "")]);

  await run(process.execPath, [join(library, "actions/helm-rollout-axon/main.mjs")], {
    cwd: folder.path,
    env: {
      PATH: process.env.PATH,
      HOME: folder.path,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      INPUT_MODE: "plan",
      INPUT_KUBECONFIG: await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] }),
      INPUT_NAMESPACE: "default",
      INPUT_RELEASE: "axon",
      INPUT_VALUES: values,
      INPUT_HELM: await tool("helm3"),
    },
  });

  expect(await readFile(summary, "utf8")).toContain("nothing yet → v0.3.1");
  expect(await readFile(output, "utf8")).toMatch(/can-apply<<(\S+)\ntrue\n/);
});
