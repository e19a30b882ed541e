import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, type Context, need, type parseInputs, type Report } from "@playbook/action";
import { spentBy } from "./delivery.ts";
import { pack, unpack } from "./files.ts";
import { aboutRoute, type Finding, MENDED_BY } from "./finding.ts";
import type { schema } from "./inputs.ts";
import { nameOf, type Route } from "./journey.ts";
import { findingsOfLosses } from "./lost.ts";
import { anywhere, readWanted, type Wanted } from "./relaying.ts";
import { openStations, type Station } from "./station.ts";
import { type Checked, drawnOf, summarize, UNJUDGED } from "./summary.ts";
import { watch } from "./watch.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** Which run it is, for whoever reads its messages. */
  run?: string;
};

/** Looks at Hyperlane, and sends messages over it: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  if (inputs.mode === "pack") return pack(inputs, context);
  await using stack = new AsyncDisposableStack();
  return await check(await unpack(inputs, context, stack), context);
}

async function check(inputs: Inputs, context: Context): Promise<Report> {
  const wanted = await wantedBy(inputs);
  const { relayers } = wanted;
  const send = inputs.mode === "send" ? await sending(inputs, relayers, context) : undefined;
  const { stations, findings: away } = await openStations(inputs, context);
  const names = [...stations.map(({ name }) => name), ...away.map(({ chain }) => chain)].sort();
  const routes = routesOf(inputs, wanted, names, context);
  const watched = await watch(stations, { ...inputs, relayers, routes }, context);
  const messages = send ? await send(stations, routes) : [];
  const spent = await spentBy(relayers, routes, stations);
  const found = [...away, ...watched.findings].filter((one) => isTold(one, stations, messages));
  const losses = messages.flatMap(({ journey }) => journey.lost ?? []);
  const findings = [...found, ...findingsOfLosses(losses, found)];
  const checked = { routes, watched, findings, messages, spent };
  await store(inputs, checked, context);
  return reportOf(checked);
}

/**
 * What waits for its owner differs until then: it is told where messages do not arrive. And what a
 * validator would hold it does not where one has arrived, by a relayer that was told to or had
 * luck.
 */
function isTold(
  { rule, chain, about }: Finding,
  stations: readonly Station[],
  messages: Checked["messages"],
): boolean {
  if (rule === "held-by-flag" || rule === "held-by-signature") {
    return !messages.some(({ verdict: { missing, route } }) => {
      return missing === null && route.destination === chain && about === aboutRoute(route);
    });
  }
  const isWaiting = stations.some((one) => one.name === chain && one.isWaiting);
  if (rule !== "core-differs" || !isWaiting) return true;
  return messages.some(({ verdict: { missing, route } }) => {
    return missing !== null && [route.origin, route.destination].includes(chain);
  });
}

/** Opens the key: a right that is missing is told before anything is looked at or sent. */
async function sending(inputs: Inputs, relayers: Wanted["relayers"], context: Context) {
  const region = need(inputs.region, "region", "send");
  const key = need(inputs.key, "key", "send");
  const { openSender, sendAll } = await import("./send-all.ts");
  const signer = await openSender({ ...inputs, region, key }, context);
  return (stations: readonly Station[], routes: readonly Route[]) =>
    sendAll(stations, { ...inputs, relayers, routes: [...routes], signer }, context);
}

/** What the list of agents says, where there is one. */
async function wantedBy({ agents, relayers }: Inputs): Promise<Wanted> {
  if (agents === undefined) return { routes: [], relayers: anywhere(relayers) };
  return readWanted(agents, relayers);
}

/** Those that were named, or those that are to be relayed, or all between chains that are there. */
function routesOf(
  { routes }: Inputs,
  wanted: Wanted,
  names: readonly string[],
  context: Context,
): Route[] {
  const isThere = ({ origin, destination }: Route) =>
    names.includes(origin) && names.includes(destination);
  const ends = routes.flatMap(({ origin, destination }) => [origin, destination]);
  const unknown = ends.find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownRoute(unknown, names);
  if (routes.length > 0) return routes;
  if (wanted.routes.length > 0) {
    const left = wanted.routes.filter((one) => !isThere(one)).map(nameOf);
    if (left.length > 0)
      context.warn(`Not of the chains looked at, and left out: ${left.join(", ")}.`);
    return wanted.routes.filter(isThere);
  }
  return names.flatMap((origin) =>
    names.filter((one) => one !== origin).map((destination) => ({ origin, destination })),
  );
}

function unknownRoute(unknown: string, names: readonly string[]): ActionError {
  return new ActionError("unknown-route", {
    what: `A route begins or ends at "${unknown}".`,
    why: `This run looks at ${names.join(", ") || "no chain"}.`,
    next: "Correct the input `routes`, or add the chain to the registry and to `chains`.",
  });
}

async function store(
  { result, resultArtifact, mode, run: own }: Inputs,
  { routes, watched, findings, messages, spent }: Checked,
  context: Context,
): Promise<void> {
  const at = new Date(context.clock.now()).toISOString();
  const { chains, origins, unjudged } = watched;
  const seen = { routes, findings, unjudged, chains, origins, messages, spent };
  const value = { at, run: own ?? null, mode, ...seen };
  const text = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one), 2);
  await mkdir(result, { recursive: true });
  await writeFile(join(result, "check.json"), `${text}\n`);
  if (!resultArtifact) return;
  const { uploadArtifact } = await import("@playbook/github");
  await uploadArtifact(resultArtifact, result, context);
}

function reportOf(checked: Checked): Report {
  const { routes, findings, messages, spent } = checked;
  const drawn = routes.map((route) => drawnOf(route, checked));
  const broken = drawn.filter(({ isWell }) => !isWell);
  const slowest = Math.max(0, ...messages.map(({ verdict }) => verdict.seconds.delivered ?? 0));
  const isWell = findings.length === 0 && broken.length === 0;
  const states = drawn.map(({ route, isWell: well, label }) => [
    nameOf(route),
    well && label !== UNJUDGED ? "well" : label,
  ]);
  return {
    outputs: {
      well: isWell,
      findings: findings.map((one) => ({ ...one, next: MENDED_BY[one.rule] })),
      routes: Object.fromEntries(states),
      slowest: messages.length > 0 ? slowest : "",
      gas: Object.fromEntries(spent.map(({ route, ...own }) => [nameOf(route), own])),
    },
    summary: summarize(checked),
    ...(!isWell && { failure: unwell(checked) }),
  };
}

function unwell({ findings, messages }: Checked): ActionError {
  const lost = messages.flatMap(({ verdict }) =>
    verdict.missing ? [`${nameOf(verdict.route)}: not ${verdict.missing}. ${verdict.why}`] : [],
  );
  const found = findings.map(
    ({ rule, chain, about, why }) => `${chain}, ${about}: ${why} (${rule})`,
  );
  const all = [...lost, ...found];
  const noun = all.length === 1 ? "thing is" : "things are";
  return new ActionError("hyperlane-unwell", {
    what: `${all.length} ${noun} wrong with Hyperlane.`,
    why: all.join("\n"),
    next: "See the summary: it says for each what to do.",
  });
}
