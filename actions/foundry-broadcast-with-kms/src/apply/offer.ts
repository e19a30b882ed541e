import { readFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { ActionError, reason } from "@playbook/action";
import { type Deployment, type Plan, planDigest, readPlan } from "@playbook/evm";
import { type Digest, digestOf } from "@playbook/state";

/** A plan and the files that belong to it, as `mode: plan` left them in a folder. */
export type Offer = { plan: Plan; digest: Digest; files: Uint8Array[] };

/**
 * Reads the plan that was approved. Throws when it is not there, when its digest is another than
 * the approved one, when it is for another deployment, or when one of its files was changed.
 */
export async function readOffer(
  folder: string,
  approved: string,
  deployment: Deployment,
): Promise<Offer> {
  const plan = readPlan(await readPlanFile(folder));
  const digest = planDigest(plan);
  if (digest !== approved) throw otherDigest(digest, approved);
  checkName(plan.deployment, deployment);
  return { plan, digest, files: await readFiles(folder, plan) };
}

async function readPlanFile(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, "plan.json"), "utf8");
  } catch (error) {
    throw new ActionError(
      "plan-missing",
      {
        what: `There is no plan in ${folder}.`,
        why: reason(error),
        next: "Name the folder or the artifact that `mode: plan` wrote, in `plan` or `artifact`.",
      },
      { cause: error },
    );
  }
}

/** What the scripts wrote, and forge's recordings. */
async function readFiles(folder: string, plan: Plan): Promise<Uint8Array[]> {
  const written = plan.files.map(({ path, digest }) => readChecked(join("files", path), digest));
  const recorded = plan.records ? [readChecked("forge.json", plan.records)] : [];
  return Promise.all([...written, ...recorded]);

  async function readChecked(path: string, digest: string): Promise<Uint8Array> {
    const place = resolve(folder, path);
    const inside = place.startsWith(resolve(folder) + sep);
    const bytes = inside ? await readFile(place).catch(() => null) : null;
    if (bytes && digestOf(bytes) === digest) return bytes;
    throw new ActionError("plan-changed", {
      what: `The plan's file ${path} is not what was planned.`,
      why: bytes ? `Its digest is ${digestOf(bytes)}, not ${digest}.` : "It is not there.",
      next: "Plan again; nothing was signed or sent.",
    });
  }
}

function otherDigest(found: string, approved: string): ActionError {
  return new ActionError("plan-changed", {
    what: `The plan is not the one that was approved.`,
    why: `Its digest is ${found}; approved was ${approved}.`,
    next: "Plan again and approve that plan; nothing was signed or sent.",
  });
}

function checkName(found: Deployment, wanted: Deployment): void {
  const differing = (["repository", "environment", "release", "part"] as const).find(
    (part) => found[part] !== wanted[part],
  );
  if (!differing) return;
  throw new ActionError("plan-changed", {
    what: `The plan is for another ${differing}.`,
    why: `It says "${found[differing] ?? "all"}"; this run is for "${wanted[differing] ?? "all"}".`,
    next: "Plan with the inputs of this run; nothing was signed or sent.",
  });
}
