import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { User } from "@playbook/world";
import { tool } from "../../../scripts/tools.ts";
import { refusedTo } from "../../../test/kubernetes-rights.ts";
import { back, chainWithSync, openStand, type Stand } from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const run = promisify(execFile);
const root = new URL("../../../", import.meta.url).pathname;
/** As the page of the workflow names them. */
const [CHAIN, DRILLS] = ["axon", "axon-drill"] as const;

let stand: Stand;
let chain: AxonChain;
let drill: User;

beforeAll(async () => {
  stand = await openStand();
  const { cluster } = stand;
  chain = await chainWithSync(stand, CHAIN);
  await back(stand, CHAIN);
  await placeFor(cluster, cluster, chain, DRILLS, { keys: false });
  await cluster.kubectl(["apply", "--namespace", CHAIN, "-f", `${root}templates/rbac.yml`]);
  drill = await entered(await commandsOf("drill-axon"));
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

/** The commands that a workflow's page has one run in a shell. */
async function commandsOf(workflow: string): Promise<string[]> {
  const page = await readFile(`${root}workflows/${workflow}/README.md`, "utf8");
  const [, block = ""] = /```sh\n(.+?)```/s.exec(page) ?? [];
  const joined = block.replaceAll(/ \\\n\s*/g, " ");
  return joined.split("\n").filter((line) => line.trim() !== "");
}

/** Runs what the page says, and returns whom it makes of the drill's role. */
async function entered(commands: readonly string[]): Promise<User> {
  const entries = commands.filter((line) => line.trim().startsWith("aws eks create-access-entry"));
  expect(entries).toHaveLength(1);
  const [, groups = ""] = /--kubernetes-groups (.+)$/.exec(entries[0] ?? "") ?? [];
  const KUBECONFIG = await stand.cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  const PATH = `${dirname(await tool("kubectl"))}:${process.env.PATH}`;
  for (const command of commands.filter((line) => !entries.includes(line))) {
    await run("bash", ["-c", command], { cwd: root, env: { ...process.env, PATH, KUBECONFIG } });
  }
  return { name: "drill", groups: groups.split(" ") };
}

test("a drill has all that it needs by what its page says", async () => {
  const { cluster } = stand;
  const kubeconfig = await cluster.kubeconfig(drill);
  const storageClass = "gp3";
  cluster.gate.forget();

  const changes = { mode: "drill", kubeconfig, storageClass } as const;
  const drilled = await restore(await inputsFor(stand, cluster, chain, DRILLS, changes));

  expect(refusedTo(cluster, drill)).toEqual([]);
  expect(drilled.failure).toBeUndefined();
  expect(drilled.outputs).toMatchObject({ result: "passed" });
  expect(drilled.outputs["lost-blocks"]).not.toBe("unknown");
}, 600_000);

test.each([
  ["patch", "statefulsets", CHAIN],
  ["delete", "pods", CHAIN],
  ["get", "secrets", CHAIN],
  ["get", "secrets", DRILLS],
  ["create", "jobs", CHAIN],
  ["patch", "storageclasses/axon-axon-retain", DRILLS],
  ["delete", "priorityclasses/axon-axon-validator", DRILLS],
  ["delete", "persistentvolumes", DRILLS],
  ["create", "volumesnapshotcontents.snapshot.storage.k8s.io", DRILLS],
])("its role may not %s %s in %s", async (verb, what, namespace) => {
  const kubeconfig = await stand.cluster.kubeconfig(drill);
  const question = ["auth", "can-i", verb, what, "--namespace", namespace];

  await expect(stand.cluster.kubectl(question, { kubeconfig })).rejects.toThrow(/\bno\b/);
});
