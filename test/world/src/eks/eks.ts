import { randomUUID } from "node:crypto";

/** Lets a principal of IAM into a cluster, as somebody that RBAC knows. */
export type AccessEntry = {
  /** ARN of a role or user. */
  principal: string;
  groups?: string[];
  /**
   * `{{SessionName}}` is the session's, with `-` for `@`. By default it is the session's ARN.
   */
  username?: string;
};

export type EksCluster = {
  name: string;
  arn: string;
  region: string;
  /** Kubernetes' version, `1.36`. */
  version: string;
  endpoint: string;
  /** In PEM. */
  certificateAuthority: string;
  madeAt: Date;
  entries: Map<string, AccessEntry>;
  id: string;
};

/** An account's clusters. */
export class Eks {
  readonly #clusters = new Map<string, EksCluster>();

  add(cluster: Omit<EksCluster, "madeAt" | "entries" | "id">): EksCluster {
    const made = { ...cluster, madeAt: new Date(), entries: new Map(), id: randomUUID() };
    this.#clusters.set(cluster.name, made);
    return made;
  }

  find(name: string): EksCluster | undefined {
    return this.#clusters.get(name);
  }

  remove(name: string): void {
    this.#clusters.delete(name);
  }
}

const SESSION = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/(.+)$/;

/** Who a caller of STS is in a cluster; undefined when nobody has let them in. */
export function userOf(callerArn: string, entries: Iterable<AccessEntry>) {
  const [, account, role, session = ""] = SESSION.exec(callerArn) ?? [];
  const entry = [...entries].find(({ principal }) =>
    role === undefined ? principal === callerArn : isRole(principal, account ?? "", role),
  );
  if (!entry) return undefined;
  const { groups = [], username = callerArn } = entry;
  const name = username
    .replaceAll("{{SessionName}}", session.replaceAll("@", "-"))
    .replaceAll("{{SessionNameRaw}}", session)
    .replaceAll("{{AccountID}}", account ?? "");
  return { name, groups };
}

/** The ARN of a session does not have the path of its role. */
function isRole(principal: string, account: string, role: string): boolean {
  const [, of, name] = /^arn:aws:iam::(\d+):role\/(?:.+\/)?([^/]+)$/.exec(principal) ?? [];
  return of === account && name === role;
}
