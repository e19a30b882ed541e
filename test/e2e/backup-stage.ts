import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { groupOf } from "@playbook/access";
import { root } from "../../scripts/tools.ts";
import { CLUSTER, LIBRARY, openAxonStage } from "./axon-stage.ts";

/** Namespaces of drills, and of the chain that is restored. */
export const DRILLS = "axon-drill";
export const SECOND = "axon-second";

const PREFIX = "axon";

const restricted = { branches: ["main"] };

/** A chain with a sync node, and an account that has deployed the template beside backup-axon. */
export async function openBackupStage(parts: AsyncDisposableStack) {
  const values = await readFile(join(root, "test/products/axon/deploy/axon.yaml"), "utf8");
  const stage = await openAxonStage(parts, {
    environments: {
      ...{ backup: restricted, drill: restricted, restore: restricted, upgrade: restricted },
    },
    files: {
      "deploy/axon.yaml": values.replace(
        "syncNode: { enabled: false }",
        "syncNode: { enabled: true, resources: { requests: { cpu: 100m, memory: 128Mi } } }",
      ),
    },
  });
  const { world, cluster } = stage;
  for (const namespace of [DRILLS, SECOND]) await openNamespace(stage, namespace);
  const backups = await openBackups(stage);
  const roles = await openRunRoles(stage, backups.Bucket ?? "");
  const vars = {
    ...{ BACKUPS: backups.Backups ?? "", BACKUP_POD_ROLE: backups.BackupPodRole ?? "" },
    ...{ RESTORE_POD_ROLE: backups.RestorePodRole ?? "" },
    ...{ BACKUP_ROLE: roles.backup, DRILL_ROLE: roles.drill, RESTORE_ROLE: roles.restore },
    ...{ UPGRADE_ROLE: roles.upgrade },
  };
  return {
    ...{ ...stage, bucket: backups.Bucket ?? "", roles },
    backup: () => stage.start({ workflow: "backup-axon.yml", vars }),
    drill: () => stage.start({ workflow: "drill-axon.yml", vars }),
    restore: (inputs: Record<string, string> = {}) =>
      stage.start({ workflow: "restore-axon.yml", vars, inputs }),
    upgrade: (version: string) =>
      stage.start({ workflow: "upgrade-axon.yml", vars, inputs: { version } }),
    secrets: () => [...world.secrets(), ...cluster.secrets()],
  };
}

type Stage = Awaited<ReturnType<typeof openAxonStage>>;

/** The account takes the cluster's service accounts, and has the bucket and the pods' roles. */
async function openBackups({ world, cluster }: Stage) {
  const keys = await cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]);
  world.aws.trustIssuer("https://kubernetes.default.svc", JSON.parse(keys));
  await world.aws.deployTemplate(PROVIDER, {}, "issuer");
  const text = await readFile(join(root, "actions/backup-axon/template.yml"), "utf8");
  const issuer = "kubernetes.default.svc";
  const parameters = { Name: "khalani", Issuer: issuer, RestoreNamespace: SECOND };
  const { outputs } = await world.aws.deployTemplate(text, parameters, "backups");
  return outputs;
}

const PROVIDER = `Resources:
  Cluster:
    Type: AWS::IAM::OIDCProvider
    Properties:
      Url: https://kubernetes.default.svc
      ClientIdList: [sts.amazonaws.com]
`;

/** A namespace that the roles have their rights in, as in the chain's own. */
async function openNamespace({ cluster, library }: Stage, name: string): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await cluster.api.create("/api/v1/namespaces", {
    ...{ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } },
  });
  const rbac = join(library, "templates/rbac.yml");
  await cluster.kubectl(["apply", "--namespace", name, "-f", rbac]);
}

type System = "Backup" | "Restore" | "Upgrade";

/** The runs' roles, each with its access entry. */
async function openRunRoles({ world, repositoryId, roles }: Stage, bucket: string) {
  const text = await readFile(join(root, "templates/roles.yml"), "utf8");
  const roleOf = async (environment: string, system: System, ...others: string[]) => {
    const { outputs } = await world.aws.deployTemplate(
      text,
      {
        ...{ Name: `axon-${environment}`, Environment: environment, Repository: "axon" },
        ...{ Owner: "acme", OwnerId: "42", RepositoryId: String(repositoryId) },
        TrustedWorkflows: `${LIBRARY}/.github/workflows/${environment}-axon.yml@refs/tags/v1`,
        OidcProvider: roles.oidc,
        ...{ [`${system}Cluster`]: CLUSTER, [`${system}Bucket`]: bucket },
        [`${system}Prefix`]: PREFIX,
      },
      `roles-${environment}`,
    );
    const principal = outputs[`${system}Role`] ?? "";
    const groups = [system.toLowerCase(), ...others].map(groupOf);
    world.aws.grantAccess(CLUSTER, { principal, groups });
    return principal;
  };
  return {
    backup: await roleOf("backup", "Backup"),
    drill: await roleOf("drill", "Restore", "axon"),
    restore: await roleOf("restore", "Restore", "axon"),
    upgrade: await roleOf("upgrade", "Upgrade"),
  };
}
