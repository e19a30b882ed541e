import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { groupOf } from "@playbook/access";
import { root } from "../../scripts/tools.ts";
import { CLUSTER, LIBRARY, openAxonStage } from "./axon-stage.ts";

const PREFIX = "axon";

const restricted = { branches: ["main"] };

/** A chain with a sync node, and an account that has deployed the template beside backup-axon. */
export async function openBackupStage(parts: AsyncDisposableStack) {
  const values = await readFile(join(root, "test/products/axon/deploy/axon.yaml"), "utf8");
  const stage = await openAxonStage(parts, {
    environments: { backup: restricted },
    files: {
      "deploy/axon.yaml": values.replace(
        "syncNode: { enabled: false }",
        "syncNode: { enabled: true, resources: { requests: { cpu: 100m, memory: 128Mi } } }",
      ),
    },
  });
  const { world, cluster } = stage;
  const backups = await openBackups(stage);
  const roles = await openRunRoles(stage, backups.Bucket ?? "");
  const vars = {
    ...{ BACKUPS: backups.Backups ?? "", BACKUP_POD_ROLE: backups.BackupPodRole ?? "" },
    ...{ BACKUP_ROLE: roles.backup },
  };
  return {
    ...{ ...stage, bucket: backups.Bucket ?? "", roles },
    backup: () => stage.start({ workflow: "backup-axon.yml", vars }),
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
  const parameters = { Name: "khalani", Issuer: "kubernetes.default.svc" };
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

/** The role of backups, with its access entry. */
async function openRunRoles({ world, repositoryId, roles }: Stage, bucket: string) {
  const text = await readFile(join(root, "templates/roles.yml"), "utf8");
  const { outputs } = await world.aws.deployTemplate(
    text,
    {
      ...{ Name: "axon-backup", Environment: "backup", Repository: "axon" },
      ...{ Owner: "acme", OwnerId: "42", RepositoryId: String(repositoryId) },
      TrustedWorkflows: `${LIBRARY}/.github/workflows/backup-axon.yml@refs/tags/v1`,
      OidcProvider: roles.oidc,
      ...{ BackupCluster: CLUSTER, BackupBucket: bucket, BackupPrefix: PREFIX },
    },
    "roles-backup",
  );
  const principal = outputs.BackupRole ?? "";
  world.aws.grantAccess(CLUSTER, { principal, groups: [groupOf("backup")] });
  return { backup: principal };
}
