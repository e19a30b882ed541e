import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, reason } from "@playbook/action";
import { type Plan, planDigest, readPlan } from "@playbook/evm";
import type { Digest } from "@playbook/state";
import { z } from "zod";
import { type Comparison, compare, type Difference } from "./compare.ts";

/** A release that this one repeats elsewhere. */
export type Promoted = { plan: Plan; digest: Digest };

export type Differs = { where: string; reason: string | null };

/**
 * Where values may differ from the release that is repeated: `Vault.setLimit`, `new Nexus`, `send`,
 * one a line. `*` stands for all of them, and demands a reason.
 */
export const differs = z.string().transform((text, context) =>
  text.split("\n").flatMap((line): Differs[] => {
    const [, told = "", reason = null] = /^(.*?)(?:(?:^|\s)#\s*(.*))?$/.exec(line.trim()) ?? [];
    const where = told.trim();
    if (where === "") return [];
    if (where === "*" && !reason) {
      context.addIssue(`"*" has no reason: write it behind a #, for whoever reads it.`);
    }
    return [{ where, reason }];
  }),
);

/**
 * Reads what a release has left behind, as `apply` wrote it. Throws `promoted-missing`, or
 * `promoted-changed` when it is not the plan with the digest that is said.
 */
export async function readPromoted(folder: string, said: string | undefined): Promise<Promoted> {
  const plan = readPlan(await readText(folder));
  const digest = planDigest(plan);
  if (said === undefined || said === digest) return { plan, digest };
  throw new ActionError("promoted-changed", {
    what: "The release to be repeated is not the one that is meant.",
    why: `In ${folder} is plan ${digest}, and \`promotes-digest\` says ${said}.`,
    next: "Hand over the results and the digest of one release: outputs of the same job.",
  });
}

async function readText(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, "plan.json"), "utf8");
  } catch (error) {
    throw new ActionError(
      "promoted-missing",
      {
        what: `There is no release to be repeated in ${folder}.`,
        why: reason(error),
        next: "Name the artifact with its results in `promotes`, or the folder that has them.",
      },
      { cause: error },
    );
  }
}

/**
 * What differs in values from the release that is repeated, all of it declared. Throws
 * `promotion-differs` for another order, other steps, other bytecode, or another value.
 */
export function checkPromotion(
  { plan: before }: Promoted,
  now: Plan,
  declared: Differs[],
): Difference[] {
  const found = compare(before, now);
  const undeclared = found.differences.filter(
    ({ where }) => !declared.some((one) => one.where === "*" || isSame(one.where, where)),
  );
  if (found.breaks.length > 0 || undeclared.length > 0) {
    throw refusal(before, { breaks: found.breaks, differences: undeclared });
  }
  return found.differences;
}

type Wanted = {
  promoted?: Promoted | undefined;
  promotesDigest?: string | undefined;
  differs?: Differs[];
};

/**
 * The same of a plan that was made elsewhere: compared again where the results to be repeated are
 * here, and held to what it says of itself where only their digest is. Throws `promotion-differs`
 * too.
 */
export function checkOffered(plan: Plan, { promoted, promotesDigest, differs = [] }: Wanted): void {
  if (promoted) checkPromotion(promoted, plan, differs);
  const wanted = promoted?.digest ?? promotesDigest;
  if (wanted === undefined || plan.promotes?.plan === wanted) return;
  throw new ActionError("promotion-differs", {
    what: "The plan does not say that it repeats the release that is to be promoted.",
    why: `It says ${plan.promotes?.plan ?? "nothing of one"}; \`promotes-digest\` says ${wanted}.`,
    next: "Give `mode: plan` the same inputs `promotes` and `promotes-digest`.",
  });
}

/** A proxy's calls are declared under what is behind it, too. */
function isSame(given: string, where: string): boolean {
  return [where, where.replace(" (proxy)", "")].includes(given);
}

function refusal(before: Plan, { breaks, differences }: Comparison): ActionError {
  const { environment, release } = before.deployment;
  const told = differences.map(
    ({ chain, before: was, now }) => `${chain}: ${now}\n  there: ${was}`,
  );
  const lines = [...new Set(differences.map(({ where }) => `    ${where}`))];
  return new ActionError("promotion-differs", {
    what: `This is not what was released to ${environment} as ${release}.`,
    why: ["It differs:", ...breaks, ...told].join("\n"),
    next:
      breaks.length > 0
        ? "Plan from the commit and with the settings of that release: steps and code are the same."
        : [
            "Use the values of that release, or declare where they differ:",
            "  differs: |",
            ...lines,
          ].join("\n"),
  });
}
