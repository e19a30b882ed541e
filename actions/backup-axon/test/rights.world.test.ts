import { readFile } from "node:fs/promises";
import { grantName, grantsOf, groupOf, rbacObjects } from "@playbook/access";
import { access } from "@playbook/access/format";
import { parse } from "yaml";
import { back, chainWithSync, openStand, type Stand } from "./stand.ts";

const NAMESPACE = "rights";
const USER = "ci";

/** Others see to it that a tunnel is let through: it is asked for by one verb, and checked by two. */
const TUNNEL = grantName("create", "", "pods/portforward");

let stand: Stand;
let rules: ReturnType<typeof access.parse>["kubernetes"];

beforeAll(async () => {
  stand = await openStand();
  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  rules = access.parse(parse(file)).kubernetes;
  await chainWithSync(stand, NAMESPACE);
  const objects = rbacObjects("backup", rules);
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await stand.cluster.kubectl(["apply", "--namespace", NAMESPACE, "--filename", "-"], {
    input: JSON.stringify(list),
  });
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

test("a run asks the cluster for exactly what access.yml says, and gets no further", async () => {
  const kubeconfig = await stand.cluster.kubeconfig({ name: USER, groups: [groupOf("backup")] });
  stand.cluster.gate.forget();

  // A pod that may not store fails, and its last words are read; then all goes on, and is cleared.
  const taken = stand.aws.withoutPermission(stand.packer, "s3:PutObject");
  await expect(back(stand, NAMESPACE, { kubeconfig })).rejects.toMatchObject({
    code: "mover-failed",
    why: expect.stringContaining("403"),
  });
  taken.restore();
  const { outputs } = await back(stand, NAMESPACE, { kubeconfig, keepSnapshots: 0 });

  expect(outputs.height).toBeGreaterThan(0);
  const asked = stand.cluster.gate.requests().filter(({ user }) => user === USER);
  expect(asked.filter(({ status }) => status === 403)).toEqual([]);
  const used = asked
    .filter(({ resource }) => resource !== "")
    .map(({ verb, group, resource }) => grantName(verb, group, resource));
  expect([...new Set([...used, TUNNEL])].sort()).toEqual(grantsOf(rules));
}, 300_000);

test.each(["list pods", "patch apps/statefulsets", "create batch/jobs"])(
  "without the right to %s a run says which rule is missing, and its node runs",
  async (grant) => {
    const { withoutGrant } = await import("@playbook/access");
    const [role] = rbacObjects("backup", withoutGrant(rules, grant)).filter(
      ({ kind }) => kind === "Role",
    );
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles/playbook-backup`;
    await stand.cluster.api.patch(path, role as object);
    const kubeconfig = await stand.cluster.kubeconfig({ name: USER, groups: [groupOf("backup")] });

    await expect(back(stand, NAMESPACE, { kubeconfig })).rejects.toMatchObject({
      code: "kube-forbidden",
      what: expect.stringContaining(grant.split(" ")[0] ?? ""),
    });

    const set = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/axon-sync`;
    expect((await stand.cluster.api.get(set)).spec.replicas).toBe(1);
    await stand.cluster.api.patch(path, rbacObjects("backup", rules)[0] as object);
  },
  120_000,
);
