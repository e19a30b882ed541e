import { type Cell, code, count, table } from "@playbook/action";
import type { Spent } from "./delivery.ts";
import { aboutRoute, type Finding, MENDED_BY } from "./finding.ts";
import { HOPS, isSameRoute, type Journey, type Route, type Verdict } from "./journey.ts";
import { type Drawn, pictureOf } from "./picture.ts";
import type { Watched } from "./watch.ts";

export type Checked = {
  routes: Route[];
  watched: Watched;
  findings: Finding[];
  /** Of messages that were sent, in the order of the routes. */
  messages: { journey: Journey; verdict: Verdict }[];
  /** Of the relayers that were named, in the newest blocks. */
  spent: Spent[];
};

/** What somebody wants to know who did not look. */
export function summarize(checked: Checked): string {
  const { findings, messages, routes } = checked;
  const drawn = routes.map((route) => drawnOf(route, checked));
  const well = drawn.filter(({ isWell }) => isWell).length;
  // As many as the run fails with: what keeps a route from being well is among the findings.
  const lost = messages.filter(({ verdict }) => verdict.missing !== null);
  const wrong = findings.length + lost.length;
  const title = wrong === 0 ? "all is well" : `${count(wrong, "thing")} wrong`;
  return [
    `## Hyperlane: ${title}`,
    `${well} of ${count(drawn.length, "route")} as they should be.`,
    findingsTable(findings),
    pictureOf(drawn),
    hopsTable(messages),
    spentTable(checked.spent),
    unjudgedTable(checked.watched),
    signersTable(checked.watched),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** Of a route whose messages are judged by what nobody here knows, and on which none was sent. */
export const UNJUDGED = "not judged";

/** The state of a route: of its message where one was sent, else of what the message would need. */
export function drawnOf(
  route: Route,
  { findings, messages, watched }: Pick<Checked, "findings" | "messages" | "watched">,
): Drawn {
  const sent = messages.find(({ verdict }) => isSameRoute(verdict.route, route));
  if (sent) {
    const { missing, seconds } = sent.verdict;
    const label = missing ? `not ${missing}` : `${seconds.delivered ?? 0} s`;
    return { route, isWell: missing === null, label };
  }
  const own = findings.find((one) => concerns(one, route));
  const isUnjudged = watched.unjudged.some(({ chain, about }) => {
    return chain === route.destination && about === aboutRoute(route);
  });
  const label = own?.rule ?? (isUnjudged ? UNJUDGED : "ready");
  return { route, isWell: own === undefined, label };
}

/** What is wrong with a chain and so with each of its routes. */
const OF_ALL_ROUTES: Finding["rule"][] = ["chain-away", "no-mailbox", "wrong-address"];

/** Whether a finding keeps messages of a route from arriving. */
function concerns({ rule, chain, about }: Finding, route: Route): boolean {
  const { origin, destination } = route;
  if (OF_ALL_ROUTES.includes(rule)) return [origin, destination].includes(chain);
  if (rule === "paused" && chain === origin) return !about.startsWith("messages from");
  return chain === destination && about === aboutRoute(route);
}

function findingsTable(findings: readonly Finding[]): string {
  if (findings.length === 0) return "";
  const rows = findings.map(({ rule, chain, about, why }): Cell[] => [
    rule,
    chain,
    code(about),
    why,
    MENDED_BY[rule],
  ]);
  return `### What is wrong\n\n${table(["Rule", "Chain", "What", "Why", "To do"], rows)}`;
}

function hopsTable(messages: Checked["messages"]): string {
  if (messages.length === 0) return "";
  const rows = messages.map(({ journey, verdict }): Cell[] => [
    `${verdict.route.origin} → ${verdict.route.destination}`,
    ...HOPS.map((hop) => cellOf(verdict, hop)),
    journey.sent ? code(journey.sent.id) : "",
    verdict.why,
  ]);
  const head = ["Route", ...HOPS, "Message", "Why not"];
  return `### Messages, seconds since they were dispatched\n\n${table(head, rows)}`;
}

function cellOf({ missing, seconds }: Verdict, hop: (typeof HOPS)[number]): Cell {
  if (missing !== null && HOPS.indexOf(hop) >= HOPS.indexOf(missing)) {
    return hop === missing ? "❌" : "";
  }
  return seconds[hop] ?? "✓";
}

function spentTable(spent: Checked["spent"]): string {
  if (spent.length === 0) return "";
  const rows = spent.map(({ route, delivered, gas, reverted, wasted }): Cell[] => {
    const share = `${Math.round((100 * wasted) / Math.max(1, gas + wasted))} %`;
    const [used, lost] = [gas, wasted].map((amount) => amount.toLocaleString("en"));
    return [
      `${route.origin} → ${route.destination}`,
      delivered,
      used,
      reverted,
      lost,
      share,
    ] as Cell[];
  });
  const head = ["Route", "Delivered", "Gas", "Reverted", "Gas wasted", "Of all"];
  return `### What relayers spent in the newest blocks\n\n${table(head, rows)}`;
}

function unjudgedTable({ unjudged }: Watched): string {
  if (unjudged.length === 0) return "";
  const rows = unjudged.map(({ chain, about, why }): Cell[] => [chain, code(about), why]);
  const said = "It counts neither as well nor as wrong.";
  return `### What was not looked at\n\n${said}\n\n${table(["Chain", "What", "Why"], rows)}`;
}

function signersTable({ origins }: Watched): string {
  const rows = origins.flatMap(({ chain, signing, silent, flagged, ahead }) =>
    signing.map(({ validator, flaw }): Cell[] => {
      const isAhead = ahead.some((one) => one.validator === validator);
      const trouble = isAhead && "It has signed what the chain does not have.";
      const state = flaw ?? ((flagged.includes(validator) && "It has a reorg flag.") || trouble);
      return [
        chain,
        code(validator),
        silent.includes(validator) ? "not announced" : state || "signs",
      ];
    }),
  );
  if (rows.length === 0) return "";
  const inside = table(["Chain", "Validator", "State"], rows);
  return `<details><summary>Validators</summary>\n\n${inside}\n\n</details>`;
}
