import type { Maker, Place } from "../aws/template/resources.ts";

/** EKS's resources in templates. */
export const eksTypes: Record<string, Maker> = {
  "AWS::EKS::AccessEntry": {
    properties: ["ClusterName", "KubernetesGroups", "PrincipalArn", "Tags", "Type", "Username"],
    make: makeAccessEntry,
  },
};

type AccessEntryProperties = {
  ClusterName: string;
  PrincipalArn: string;
  KubernetesGroups?: string[];
  Username?: string;
  Type?: string;
};

async function makeAccessEntry(properties: AccessEntryProperties, { account, existing }: Place) {
  const { ClusterName, PrincipalArn, KubernetesGroups: groups = [], Username, Type } = properties;
  const cluster = account.eks.find(ClusterName);
  if (!cluster) throw new Error(`No cluster found for name: ${ClusterName}.`);
  if (Type !== undefined && Type !== "STANDARD") {
    throw new Error(`the world knows access entries of type STANDARD, and not ${Type}`);
  }
  const reserved = groups.find((group) => /^(system|eks|aws|amazon|iam):/.test(group));
  if (reserved) throw new Error(`EKS would refuse the group ${reserved}`);
  if (!existing && cluster.entries.has(PrincipalArn)) {
    throw new Error("The specified access entry resource is already in use on this cluster.");
  }
  const username = Username === undefined ? {} : { username: Username };
  cluster.entries.set(PrincipalArn, { principal: PrincipalArn, groups, ...username });
  const id = `${PrincipalArn}|${ClusterName}`;
  const name = PrincipalArn.slice(PrincipalArn.lastIndexOf("/") + 1);
  const path = `access-entry/${ClusterName}/role/${account.id}/${name}`;
  return { id, attributes: { AccessEntryArn: account.arn("eks", path) } };
}
