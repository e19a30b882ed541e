import type { Guard } from "./policy.ts";
import type { Keys, Stored } from "./validator.ts";

/** What is not with stored keys as the inputs have it, a sentence each. */
export function driftsOf(all: readonly Keys[], kmsKey: string): string[] {
  return all
    .flatMap(({ net, bls }) => [net, bls])
    .flatMap((stored) => (stored ? [policyDrift(stored), keyDrift(stored, kmsKey)] : []))
    .filter((drift) => drift !== null);
}

function policyDrift({ secret, guard }: Stored): string | null {
  const text = textOf(guard);
  return text && `${secret}: ${text}`;
}

function textOf(guard: Guard): string | null {
  switch (guard.is) {
    case "closed":
      return null;
    case "open":
      return "its policy is not the one that closes it; an `apply` puts that right.";
    case "another's":
      return `it is there for ${guard.role}; an \`apply\` leaves it to the role that is named now.`;
    case "kept":
      return `its policy is in the hands of ${guard.by.join(" and ")}, and not of this run's role.`;
  }
}

/** A key may be stored by its id; what stands behind another name is not known here. */
function keyDrift({ secret, kmsKey: own }: Stored, wanted: string): string | null {
  if (own !== undefined && (own === wanted || wanted.endsWith(`/${own}`))) return null;
  const key = own ?? "the account's own key";
  return `${secret}: it is encrypted with ${key}, and not with ${wanted}.`;
}
