import { ActionError } from "@playbook/action";
import { type Deployment, deploymentName, type Plan } from "@playbook/evm";

/** `part 2 of 3` of a release whose scripts are plans of their own; empty for a whole one. */
export function partOf({ deployment: { part }, stepwise }: Plan): string {
  return part === undefined || !stepwise ? "" : `part ${part} of ${stepwise.scripts.length}`;
}

/** Whether the release is done when this plan is. */
export function isLast({ deployment: { part }, stepwise }: Plan): boolean {
  return part === undefined || part === stepwise?.scripts.length;
}

/**
 * Refuses a release of which one part was made whole, or knows other scripts than the next one.
 * Throws `release-divided` or `scripts-changed`.
 */
export function checkSequence(before: Plan, wanted: Deployment, scripts: string[]): void {
  checkDivision(before, wanted);
  const old = before.stepwise?.scripts ?? [];
  const at = old.findIndex((line, index) => line !== scripts[index]);
  const index = at < 0 && scripts.length > old.length ? old.length : at;
  if (index < 0) return;
  throw new ActionError("scripts-changed", {
    what: `Line ${index + 1} of \`scripts\` is another than when this release began.`,
    why: `It was ${quoted(old[index])} and is ${quoted(scripts[index])}.`,
    next: "Put the lines back as they were, or release what is left under another name.",
  });
}

function quoted(line: string | undefined): string {
  return line === undefined ? "not there" : `"${line}"`;
}

/** A release is begun whole or in parts, and goes on as it began. Throws `release-divided`. */
export function checkDivision({ deployment }: Plan, wanted: Deployment): void {
  if ((deployment.part === undefined) === (wanted.part === undefined)) return;
  const name = deploymentName({ ...wanted, part: undefined });
  const began = deployment.part === undefined ? "as a whole" : "stepwise, script by script";
  const asks = wanted.part === undefined ? "for all of it" : `for part ${wanted.part}`;
  const cure = wanted.part === undefined ? "Give `stepwise`" : "Leave `stepwise` out";
  throw new ActionError("release-divided", {
    what: `The release ${name} was begun ${began}.`,
    why: `This run is ${asks}, and a release goes on as it began.`,
    next: `${cure} as the run that began it, or give this release another name.`,
  });
}
