import type { Route } from "./journey.ts";

/** A route as it is drawn. */
export type Drawn = { route: Route; isWell: boolean; label: string };

const BROKEN = "stroke:#d1242f,stroke-width:2px";

/** The routes between the chains: those that work are whole lines, the others are dotted and red. */
export function pictureOf(routes: readonly Drawn[]): string {
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
