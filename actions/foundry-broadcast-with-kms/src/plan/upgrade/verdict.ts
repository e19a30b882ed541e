import { ActionError, code, table } from "@playbook/action";
import { z } from "zod";

export type Verdict =
  | { kind: "compatible" }
  /** Nothing knows what one of the two keeps where. */
  | { kind: "unknown"; missing: string }
  | { kind: "allowed"; reason: string; report: string }
  | { kind: "incompatible"; report: string };

/** An upgrade of one proxy or beacon, and what is to be said of it. */
export type Judged = {
  chain: string;
  /** The proxy's. */
  name: string;
  /** Contracts, or addresses where it is not known which contract it is. */
  from: string;
  to: string;
  verdict: Verdict;
};

export type Allowed = { contract: string; reason: string };

/**
 * Contracts whose layout may change as it does, one a line, with the reason: `Vault # no state
 * yet`.
 */
export const unsafeLayouts = z.string().transform((text, context) =>
  text.split("\n").flatMap((line): Allowed[] => {
    const [, contract = "", reason = ""] = /^([^#]*)(?:#(.*))?$/.exec(line.trim()) ?? [];
    if (contract.trim() === "") return [];
    if (reason.trim() === "") {
      context.addIssue(`"${contract.trim()}" has no reason: write it behind a #.`);
    }
    return [{ contract: contract.trim(), reason: reason.trim() }];
  }),
);

/** The same upgrade on several chains is one. */
function groups(judged: Judged[]): [Judged, string][] {
  const same = Map.groupBy(judged, ({ chain: _, ...one }) => JSON.stringify(one));
  return [...same.values()].map((own) => [
    own[0] as Judged,
    own.map(({ chain }) => chain).join(", "),
  ]);
}

export function incompatible(judged: Judged[]): ActionError {
  const reports = groups(judged).map(([{ name, from, to, verdict }, chains]) => {
    const report = "report" in verdict ? verdict.report : "";
    return `${name} (${chains}), from ${from} to ${to}:\n${report}`;
  });
  const names = [...new Set(judged.map(({ name }) => name))].join(", ");
  return new ActionError("layout-incompatible", {
    what: `After the upgrade ${names} would read its storage wrongly.`,
    why: `OpenZeppelin's upgrades-core compares the layouts:\n${reports.join("\n\n")}`,
    next: [
      "Keep the variables where they are, and add new ones behind them. Where it reads a change",
      "wrongly, annotate the variable: @custom:oz-renamed-from, @custom:oz-retyped-from. If meant,",
      `give \`unsafe-layouts\` the line: ${judged[0]?.name} # the reason`,
    ].join("\n"),
  });
}

/** What a person has to know of upgrades that could not be compared, or were let through. */
export function upgradeWarnings(judged: Judged[], file: string): string[] {
  return groups(judged).flatMap(([{ name, from, to, verdict }, chains]) => {
    const upgrade = `The upgrade of ${name} on ${chains} from ${from} to ${to}`;
    if (verdict.kind === "allowed") {
      return [
        `${upgrade} changes its storage layout, as \`unsafe-layouts\` allows: ${verdict.reason}.`,
      ];
    }
    if (verdict.kind !== "unknown") return [];
    return [
      `${upgrade} was NOT checked for its storage layout: nothing says what ` +
        `${verdict.missing} keeps where. It is in ${file} of the release that made it, if you ` +
        "commit that; or keep the old contract's source, and name it by @custom:oz-upgrades-from.",
    ];
  });
}

export function upgradesTable(judged: Judged[]): string {
  if (judged.length === 0) return "";
  const rows = groups(judged).map(([{ name, from, to, verdict }, chains]) => [
    code(name),
    chains,
    code(from),
    code(to),
    shown(verdict),
  ]);
  const head = ["Proxy or beacon", "Chains", "From", "To", "Storage layout"];
  return `### Upgrades\n\n${table(head, rows)}`;
}

function shown(verdict: Verdict): string {
  if (verdict.kind === "compatible") return "compatible";
  if (verdict.kind === "unknown") return "**not checked**";
  return verdict.kind === "allowed" ? `changed: ${verdict.reason}` : "incompatible";
}
