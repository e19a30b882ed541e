import type { JSONWebKeySet } from "jose";
import { CloudFront } from "../edge/cloudfront.ts";
import { Eks } from "../eks/eks.ts";
import { Secrets } from "../secrets/secrets.ts";
import { randomId } from "./keyring.ts";
import { namesAction, type PolicyDocument, principalsIn, withoutAction } from "./policy.ts";

export type Role = {
  arn: string;
  name: string;
  /** Begins the user id of its sessions. */
  id: string;
  trust: PolicyDocument;
  inline: Record<string, PolicyDocument>;
  managed: string[];
  boundary?: string;
  maxSessionSeconds: number;
};

export type User = { arn: string; name: string; id: string; policies: PolicyDocument[] };

/** An OIDC provider that the account trusts. `name` is its URL without the scheme. */
export type OidcProvider = { arn: string; name: string; clientIds: string[] };

export type Bucket = {
  name: string;
  region: string;
  policy?: PolicyDocument;
  /** Keys whose newest version is a delete marker. */
  deleted: Set<string>;
};

export type Key = {
  arn: string;
  id: string;
  region: string;
  spec: string;
  usage: string;
  policy: PolicyDocument;
  /** In KMS's words; a key that is not enabled neither signs nor shows its public key. */
  state: "enabled" | "disabled" | "pending deletion";
};

/** What stands between a principal and an action, apart from the resource's own policy. */
export type Rights = { policies: PolicyDocument[]; boundary?: PolicyDocument[] };

/**
 * One AWS account: all that decides who may do what. It changes through the gateway, which sees
 * every bucket, key and policy being made, and through the templates that are deployed.
 */
export class Account {
  readonly id: string;
  readonly region: string;
  readonly roles = new Map<string, Role>();
  readonly users = new Map<string, User>();
  readonly managedPolicies = new Map<string, PolicyDocument>();
  readonly providers = new Map<string, OidcProvider>();
  /** Keys of issuers that are not the world's own: clusters, by their names. */
  readonly issuerKeys = new Map<string, JSONWebKeySet>();
  readonly buckets = new Map<string, Bucket>();
  readonly keys = new Map<string, Key>();
  /** ARN of an alias to ARN of its key. */
  readonly aliases = new Map<string, string>();
  readonly cloudfront = new CloudFront();
  readonly eks = new Eks();
  readonly secrets = new Secrets();
  readonly #withheld = new Map<string, Set<string>>();

  constructor(id: string, region: string) {
    this.id = id;
    this.region = region;
  }

  get rootArn(): string {
    return this.arn("iam", "root");
  }

  /** An ARN of this account. Some services know no regions. */
  arn(service: string, resource: string, region = this.region): string {
    const place = ["iam", "sts", "cloudfront"].includes(service) ? "" : region;
    return `arn:aws:${service}:${place}:${this.id}:${resource}`;
  }

  addUser(name: string, policies: PolicyDocument[]): User {
    const user = {
      arn: this.arn("iam", `user/${name}`),
      name,
      id: `AIDA${randomId(17)}`,
      policies,
    };
    this.users.set(user.arn, user);
    return user;
  }

  rightsOfRole(arn: string): Rights {
    const role = this.roles.get(arn);
    if (!role) return { policies: [] };
    const granted = [...Object.values(role.inline), ...role.managed.map((it) => this.managed(it))];
    const boundary = role.boundary === undefined ? undefined : [this.managed(role.boundary)];
    return { policies: this.#withoutWithheld(arn, granted), boundary };
  }

  rightsOfUser(arn: string): Rights {
    return { policies: this.users.get(arn)?.policies ?? [] };
  }

  managed(arn: string): PolicyDocument {
    const policy = this.managedPolicies.get(arn);
    if (!policy) throw new Error(`The account has no managed policy ${arn}.`);
    return policy;
  }

  /** The policy of the resource itself, or the trust policy of a role. */
  resourcePolicy(arn: string): PolicyDocument | undefined {
    const bucket = /^arn:aws:s3:::([^/]+)/.exec(arn)?.[1];
    if (bucket !== undefined) return this.buckets.get(bucket)?.policy;
    const secret = this.secrets.find(arn);
    return this.keys.get(arn)?.policy ?? this.roles.get(arn)?.trust ?? secret?.policy;
  }

  /** The principals of a policy that do not exist. AWS refuses a policy that names one. */
  strangersIn(policy: PolicyDocument): string[] {
    return principalsIn(policy).filter((arn) => !this.roles.has(arn) && !this.users.has(arn));
  }

  /** Takes one permission from a role until the returned function gives it back. */
  withhold(roleArn: string, action: string): () => void {
    const { policies } = this.rightsOfRole(roleArn);
    if (!policies.some((policy) => namesAction(policy, action))) {
      throw new Error(`${roleArn} has no permission ${action} that could be taken away.`);
    }
    for (const policy of policies) withoutAction(policy, action);
    const withheld = this.#withheld.get(roleArn) ?? new Set();
    this.#withheld.set(roleArn, withheld.add(action));
    return () => void withheld.delete(action);
  }

  /** What KMS calls a key: id, ARN, alias or the alias's ARN. */
  findKey(name: string, region: string): Key | undefined {
    const alias = name.startsWith("alias/") ? this.arn("kms", name, region) : name;
    const arn = this.aliases.get(alias) ?? name;
    return this.keys.get(arn) ?? this.keys.get(this.arn("kms", `key/${arn}`, region));
  }

  aliasesOf(keyArn: string): string[] {
    return [...this.aliases]
      .filter(([, target]) => target === keyArn)
      .map(([alias]) => alias.slice(alias.indexOf("alias/")));
  }

  #withoutWithheld(arn: string, policies: PolicyDocument[]): PolicyDocument[] {
    let left = policies;
    for (const action of this.#withheld.get(arn) ?? []) {
      left = left.map((it) => withoutAction(it, action)).filter((it) => it !== undefined);
    }
    return left;
  }
}
