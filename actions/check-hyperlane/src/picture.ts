import { type Cell, table } from "@playbook/action";
import type { Route } from "./journey.ts";

/** A route as it is drawn. */
export type Drawn = { route: Route; isWell: boolean; label: string };

const BROKEN = "stroke:#d1242f,stroke-width:2px";

/** More lines between chains than these cannot be told apart. */
const MOST_LINES = 12;

/**
 * All routes as they are drawn best: few of them as lines, many as a table and the broken as lines.
 */
export function pictureOf(routes: readonly Drawn[]): string {
  if (routes.length <= MOST_LINES) return linesOf(routes);
  const broken = routes.filter(({ isWell }) => !isWell);
  const lines = broken.length <= MOST_LINES ? linesOf(broken) : "";
  return [lines, tableOf(routes)].filter(Boolean).join("\n\n");
}

/** Origins down, destinations across. */
function tableOf(routes: readonly Drawn[]): string {
  const origins = [...new Set(routes.map(({ route }) => route.origin))].sort();
  const destinations = [...new Set(routes.map(({ route }) => route.destination))].sort();
  const byRoute = new Map(routes.map((one) => [keyOf(one.route), one]));
  const cell = (route: Route): Cell => {
    const drawn = byRoute.get(keyOf(route));
    return drawn ? `${drawn.isWell ? "" : "❌ "}${drawn.label}` : "";
  };
  const rows = origins.map((origin): Cell[] => [
    `**${origin}**`,
    ...destinations.map((destination) => cell({ origin, destination })),
  ]);
  return table(["From, to", ...destinations], rows);
}

const keyOf = ({ origin, destination }: Route) => JSON.stringify([origin, destination]);

/**
 * The routes between the chains: those that work are whole lines, the others are dotted and red.
 */
function linesOf(routes: readonly Drawn[]): string {
  if (routes.length === 0) return "";
  const chains = [
    ...new Set(routes.flatMap(({ route }) => [route.origin, route.destination])),
  ].sort();
  const node = (name: string) => `c${chains.indexOf(name)}`;
  const names = chains.map((name) => `  ${node(name)}["${plain(name)}"]`);
  const lines = routes.map(({ route, isWell, label }) => {
    const text = plain(label);
    const arrow = isWell ? `-- "${text}" -->` : `-. "${text}" .->`;
    return `  ${node(route.origin)} ${arrow} ${node(route.destination)}`;
  });
  const broken = routes.flatMap(({ isWell }, at) => (isWell ? [] : [at]));
  const style = broken.length > 0 ? [`  linkStyle ${broken.join(",")} ${BROKEN}`] : [];
  return ["```mermaid", "flowchart LR", ...names, ...lines, ...style, "```"].join("\n");
}

/** What Mermaid takes for nothing but text. */
function plain(text: string): string {
  return text.replaceAll(/["`\\[\]{}<>#;|\n]/g, " ").trim() || " ";
}
