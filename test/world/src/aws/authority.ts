import {
  anonymousPrincipal,
  type RequestAnalysis,
  runSimulation,
  type Simulation,
} from "@cloud-copilot/iam-simulate";
import type { Account, Rights } from "./account.ts";
import type { Context, Need } from "./call.ts";
import type { Principal } from "./keyring.ts";
import type { PolicyDocument } from "./policy.ts";
import { unmapped } from "./refusal.ts";

/** `because` ends AWS's sentence "… is not authorized to perform: …". */
export type Verdict = { allowed: true } | { allowed: false; because: string };

const CACHED = 5_000;

/**
 * Decides as IAM does: what the principal's policies, its boundary and its session's policy allow
 * together, and what the resource's own policy allows or denies. The account's root may do
 * everything: it is the test's own hand.
 */
export class Authority {
  readonly #account: Account;
  readonly #verdicts = new Map<string, Verdict>();

  constructor(account: Account) {
    this.#account = account;
  }

  async decide(principal: Principal, { action, resource, context }: Need): Promise<Verdict> {
    if (principal.kind === "root") return { allowed: true };
    const simulation = this.#simulation(principal, { action, resource, context });
    const key = JSON.stringify(simulation);
    const known = this.#verdicts.get(key);
    if (known) return known;

    const verdict = await evaluate(simulation);
    if (this.#verdicts.size >= CACHED) this.#verdicts.clear();
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  #simulation(principal: Principal, { action, resource, context }: Need): Simulation {
    const { policies, boundary } = this.#rights(principal);
    const sessionPolicy = principal.kind === "session" ? principal.policy : undefined;
    return {
      request: {
        principal: principal.kind === "anonymous" ? anonymousPrincipal : principal.arn,
        action,
        resource: { resource, accountId: this.#account.id },
        contextVariables: { ...globalContext(principal, this.#account), ...context },
      },
      identityPolicies: named(policies),
      ...(sessionPolicy && { sessionPolicy }),
      ...(boundary && { permissionBoundaryPolicies: named(boundary) }),
      resourcePolicy: this.#account.resourcePolicy(resource),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    };
  }

  #rights(principal: Principal): Rights {
    if (principal.kind === "session") return this.#account.rightsOfRole(principal.roleArn);
    if (principal.kind === "user") return this.#account.rightsOfUser(principal.arn);
    return { policies: [] };
  }
}

function named(policies: PolicyDocument[]) {
  return policies.map((policy, index) => ({ name: `policy-${index}`, policy }));
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function globalContext(principal: Principal, account: Account): Context {
  const now = Math.floor(Date.now() / 1000);
  const common: Context = {
    "aws:CurrentTime": new Date(now * 1000).toISOString(),
    "aws:EpochTime": String(now),
    "aws:ResourceAccount": account.id,
    // Clients speak plain HTTP to the gateway and would speak TLS to AWS.
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false",
    "aws:PrincipalIsAWSService": "false",
  };
  if (principal.kind === "anonymous") return { ...common, "aws:PrincipalType": "Anonymous" };
  if (principal.kind === "service") {
    return {
      ...common,
      "aws:PrincipalIsAWSService": "true",
      "aws:PrincipalServiceName": principal.arn,
      "aws:SourceAccount": account.id,
      "aws:SourceArn": principal.source,
    };
  }
  return {
    ...common,
    "aws:PrincipalAccount": account.id,
    "aws:userid": principal.userId,
    ...(principal.kind === "session"
      ? {
          "aws:PrincipalArn": principal.roleArn,
          "aws:PrincipalType": "AssumedRole",
          "aws:TokenIssueTime": principal.issuedAt.toISOString(),
          ...(principal.provider && { "aws:FederatedProvider": principal.provider }),
        }
      : { "aws:PrincipalArn": principal.arn, "aws:PrincipalType": "User" }),
  };
}

/** Runs one evaluation. An action or resource that AWS does not publish is this world's fault. */
export async function evaluate(simulation: Simulation): Promise<Verdict> {
  const outcome = await runSimulation(simulation, {});
  const { action, resource } = simulation.request;
  if (outcome.resultType === "error") {
    throw unmapped(`${action} on ${resource.resource}: ${JSON.stringify(outcome.errors)}`);
  }
  if (outcome.overallResult === "Allowed") return { allowed: true };
  const analysis =
    outcome.resultType === "single" ? outcome.result.analysis : outcome.results[0]?.analysis;
  return { allowed: false, because: because(action, analysis) };
}

/**
 * AWS names the kind of policy that stood in the way, an explicit denial before what is missing.
 */
function because(action: string, analysis: RequestAnalysis | undefined): string {
  const parts = [
    ["an identity-based policy", analysis?.identityAnalysis?.result],
    ["a resource-based policy", analysis?.resourceAnalysis?.result],
    ["a permissions boundary", analysis?.permissionBoundaryAnalysis?.result],
    ["a session policy", analysis?.sessionAnalysis?.result],
  ] as const;
  const denying = parts.find(([, result]) => result === "ExplicitlyDenied");
  if (denying) return `with an explicit deny in ${denying[0]}`;

  // KMS wants both: the key's policy hands the decision to IAM's policies or it does not.
  const lacking =
    parts.find(([kind, result]) => kind !== parts[1][0] && result === "ImplicitlyDenied") ??
    parts[1];
  return `because no ${lacking[0].replace(/^an? /, "")} allows the ${action} action`;
}
