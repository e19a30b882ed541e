import { ActionError } from "@playbook/action";
import type { Held, Rights } from "@playbook/evm";
import { z } from "zod";

export type Keep = Rights["keeps"][number];

/**
 * What the key may keep: `Vault: owner, MINTER_ROLE # until the Safe is there`, one contract a
 * line. `*` stands for every contract or every right, and demands the reason.
 */
export const keeps = z.string().transform((text, context) =>
  text.split("\n").flatMap((line): Keep[] => {
    const [, told = "", reason = null] = /^(.*?)(?:(?:^|\s)#\s*(.*))?$/.exec(line.trim()) ?? [];
    if (told.trim() === "") return [];

    const [, contract, rights] = /^([^:]+?)\s*:\s*(\S.*)$/.exec(told.trim()) ?? [];
    if (!contract || !rights) {
      context.addIssue(`"${told}" is not \`contract: right\`, for example "Vault: owner".`);
      return [];
    }
    const names = rights.split(",").map((one) => one.trim());
    if ([contract, ...names].includes("*") && !reason) {
      context.addIssue(`"${told}" has no reason: write it behind a #, for whoever reads it.`);
    }
    return names.filter(Boolean).map((right) => ({ contract, right, reason }));
  }),
);

/** The line by which a right is kept; undefined for one that is not declared. */
export function declaration(held: Held, declared: Keep[]): Keep | undefined {
  return declared.find(
    ({ contract, right }) =>
      (contract === "*" || namesOf(held).includes(contract.toLowerCase())) &&
      (right === "*" || right.toLowerCase() === held.right.toLowerCase()),
  );
}

export function undeclared(held: Held[], declared: Keep[]): Held[] {
  return held.filter((one) => !declaration(one, declared));
}

/** A proxy is meant by the name of what is behind it, too; one of several by its address. */
function namesOf({ contract, address }: Held): string[] {
  const name = contract?.toLowerCase();
  const bare = name?.replace(/@0x\w+$/, "").replace(/ \(proxy\)$/, "");
  return [name, bare, address.toLowerCase()].filter((one) => one !== undefined);
}

/** `Vault: owner, MINTER_ROLE`, as it would be declared; each once, whatever chains have it. */
export function linesOf(held: Held[]): string[] {
  const groups = Map.groupBy(held, ({ contract, address }) => contract ?? address);
  return [...groups].map(
    ([name, own]) => `${name}: ${[...new Set(own.map(({ right }) => right))].join(", ")}`,
  );
}

/** `Vault: owner (alpha, beta)`. */
export function sentences(held: Held[]): string[] {
  const groups = Map.groupBy(held, (one) => `${one.contract ?? one.address}: ${one.right}`);
  return [...groups].map(([line, own]) => {
    const chains = [...new Set(own.map(({ chain }) => chain))];
    return `${line} (${chains.join(", ")})`;
  });
}

/** The plan ends with rights that the key was not to keep. */
export function rightsPlanned(held: Held[]): ActionError {
  return new ActionError("rights-left", {
    what: "The key would hold rights at the end that the release does not declare.",
    why: `As the simulation leaves it, the key holds:\n${sentences(held).join("\n")}`,
    next: [
      "Let the scripts hand them over, or say that the key keeps them:",
      "  keeps: |",
      ...linesOf(held).map((line) => `    ${line}`),
    ].join("\n"),
  });
}

/** The release is on the chains, and they say that the key holds more than it declares. */
export function rightsFound(held: Held[]): ActionError {
  return new ActionError("rights-left", {
    what: "The key holds rights on the chains that the release does not declare.",
    why: [
      "All steps took effect; the release is not called finished while the key holds:",
      ...sentences(held),
    ].join("\n"),
    next: [
      "Give them up, and run this release again: it sends nothing and looks once more.",
      "By a release of its own:",
      ...surrenders(held).map((line) => `  ${line}`),
      "Or declare them in `keeps`.",
    ].join("\n"),
  });
}

/** The calls that give rights up, each once. */
export function surrenders(held: Held[]): string[] {
  return [...new Set(held.map((one) => `${one.contract ?? one.address}.${surrender(one.right)}`))];
}

/**
 * Who is only offered a right cannot refuse it: it is for who offered it to offer it to another.
 */
function surrender(right: string): string {
  const number = /^role (\d+)$/.exec(right)?.[1];
  if (number) return `renounceRole(${number}, key)`;
  if (/_ROLE$|^0x/.test(right)) return `renounceRole(${right}, key)`;
  if (right === "owner") return "transferOwnership(…)";
  if (right === "admin") return "changeAdmin(…)";
  return `${right}(): name another account`;
}
