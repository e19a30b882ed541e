const scopes = [
  "actions",
  "artifact-metadata",
  "attestations",
  "checks",
  "contents",
  "deployments",
  "discussions",
  "id-token",
  "issues",
  "models",
  "packages",
  "pages",
  "pull-requests",
  "repository-projects",
  "security-events",
  "statuses",
] as const;

export type Scope = (typeof scopes)[number];

const levels = ["none", "read", "write"] as const;

export type Level = (typeof levels)[number];

/** What a job's token may do. A scope that is not there is `none`. */
export type Permissions = { readonly [scope in Scope]?: Level };

/** What a token may do when no workflow says anything, in a repository with the default setting. */
export const restricted: Permissions = { contents: "read", packages: "read" };

/** A `permissions:` block; undefined when there is none, which is not the same as an empty one. */
export function parsePermissions(block: unknown): Permissions | undefined {
  if (block === undefined) return undefined;
  if (block === "read-all") return everywhere("read");
  if (block === "write-all") return everywhere("write");
  if (block === null) return {};
  if (typeof block !== "object") throw new Error(`Unexpected value '${block}'`);

  for (const [scope, level] of Object.entries(block)) {
    if (!scopes.includes(scope as Scope) || !levels.includes(level)) {
      throw new Error(`Unexpected value '${scope}: ${level}' in 'permissions'`);
    }
  }
  return block as Permissions;
}

/** What is asked for beyond what is allowed, in GitHub's notation, or undefined when nothing is. */
export function excess(
  requested: Permissions,
  allowed: Permissions,
): { requested: string; allowed: string } | undefined {
  const beyond = scopes.filter((scope) => rank(requested[scope]) > rank(allowed[scope]));
  if (beyond.length === 0) return undefined;

  const listed = (permissions: Permissions) =>
    beyond.map((scope) => `${scope}: ${permissions[scope] ?? "none"}`).join(", ");
  return { requested: listed(requested), allowed: listed(allowed) };
}

/** Nothing is written, and no identity is proven: what a fork's pull request is left with. */
export function readOnly(permissions: Permissions): Permissions {
  const capped = scopes.map((scope): [Scope, Level] => {
    const level = permissions[scope] ?? "none";
    if (scope === "id-token") return [scope, "none"];
    return [scope, level === "write" ? "read" : level];
  });
  return Object.fromEntries(capped);
}

export function grants(permissions: Permissions, scope: Scope, level: Level): boolean {
  return rank(permissions[scope]) >= rank(level);
}

function everywhere(level: Level): Permissions {
  return Object.fromEntries(scopes.map((scope) => [scope, level]));
}

function rank(level: Level = "none"): number {
  return levels.indexOf(level);
}
