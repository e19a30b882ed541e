import type { Context } from "@playbook/action";
import { money } from "@playbook/broadcast";
import type { Address, Hex } from "@playbook/evm";
import {
  countLeaves,
  entersTree,
  isEnough,
  judgeOf,
  pausedHooks,
  pausedIn,
  type RightCheckpoint,
  readAnnounced,
  readTree,
  validatorsIn,
} from "@playbook/hyperlane";
import {
  type Ahead,
  type ChainSeen,
  type Finding,
  findingsOfChain,
  findingsOfOrigin,
  findingsOfRoute,
  type OriginSeen,
} from "./finding.ts";
import { type Purse, type Route, type Signing, spoilersIn } from "./journey.ts";
import { findingsOfLosses, type Loss, lossIn, onChain } from "./lost.ts";
import { type Relaying, relayersOf } from "./relaying.ts";
import { flaggedAmong, latestOf, signingOf } from "./signing.ts";
import type { Station } from "./station.ts";
import { type Unjudged, unjudgedOf, unjudgedOn } from "./unjudged.ts";

/** Between two looks at what somebody else does, in milliseconds. */
const PAUSE_MS = 2_000;

export type Watched = {
  chains: ChainSeen[];
  origins: OriginSeen[];
  findings: Finding[];
  unjudged: Unjudged[];
};

export type WatchInputs = {
  routes: Route[];
  relayers: Relaying[];
  least: { name: string; wei: bigint }[];
  /** Milliseconds. */
  patience: number;
};

/** Looks at everything that a message will need, and sends nothing. */
export async function watch(
  stations: readonly Station[],
  inputs: WatchInputs,
  context: Context,
): Promise<Watched> {
  const [seen, signed] = await Promise.all([
    Promise.all(stations.map((one) => lookAtChain(one, inputs).catch(lossIn))),
    Promise.all(
      stations.map((one) =>
        lookAtOrigin(one, validatorsFor(one, stations, inputs), inputs, context).catch(lossIn),
      ),
    ),
  ]);
  const chains = seen.flatMap((one) => ("purses" in one ? [one] : []));
  const origins = signed.flatMap((one) => ("signing" in one ? [one] : []));
  const losses = [...seen, ...signed].flatMap((one) => (isLoss(one) ? [one] : []));
  const findings = [
    ...findingsOfLosses(losses, []),
    ...chains.flatMap(findingsOfChain),
    ...origins.flatMap(findingsOfOrigin),
    ...inputs.routes.flatMap((route) => findingsOf(route, stations, origins)),
  ];
  const unjudged = [
    ...stations.flatMap(unjudgedOf),
    ...inputs.routes.flatMap((route) => {
      const ends = endsOf(route, stations);
      return ends ? unjudgedOn(route, ...ends) : [];
    }),
  ];
  return { chains, origins, findings, unjudged };
}

function isLoss(one: ChainSeen | OriginSeen | Loss): one is Loss {
  return !("purses" in one) && !("signing" in one);
}

/** Everybody whose signature of a chain's messages counts somewhere. */
export function validatorsFor(
  origin: Station,
  stations: readonly Station[],
  { routes }: Pick<WatchInputs, "routes">,
): Address[] {
  const ends = routes.filter((route) => route.origin === origin.name);
  const all = stations
    .filter(({ name }) => ends.some(({ destination }) => destination === name))
    .flatMap(({ state }) => validatorsIn(state.defaultIsm, origin.domain));
  return [...new Set(all)];
}

/**
 * What the relayers have in the newest block: by its number, as at a tag one node may say anything.
 */
export async function pursesOn(
  { rpc, name, planned }: Station,
  relayers: readonly Address[],
  inputs: Pick<WatchInputs, "least">,
): Promise<Purse[]> {
  const least = inputs.least.find((one) => one.name === name)?.wei ?? 0n;
  if (relayers.length === 0) return [];
  const head = await rpc.send<Hex>("eth_blockNumber");
  return Promise.all(
    relayers.map(async (relayer) => {
      const balance = BigInt(await rpc.send<Hex>("eth_getBalance", relayer, head));
      return { relayer, balance, least, coins: money(planned, balance) };
    }),
  );
}

async function lookAtChain(station: Station, inputs: WatchInputs): Promise<ChainSeen> {
  const { name, state, changes } = station;
  const ending = inputs.routes.filter(({ destination }) => destination === name);
  const relayers = relayersOf(inputs.relayers, ending);
  const purses = await onChain(station, pursesOn(station, relayers, inputs));
  return { chain: name, pausedHooks: pausedHooks(state.hooks), changes, purses };
}

/**
 * The newest checkpoint that there was, for as long as it takes, and everybody's signature of it.
 */
async function lookAtOrigin(
  station: Station,
  validators: Address[],
  { patience }: WatchInputs,
  context: Context,
): Promise<OriginSeen> {
  const { name, domain, rpc, merkleTreeHook, reorgPeriod, validatorAnnounce } = station;
  const announced = await onChain(station, readAnnounced(rpc, validatorAnnounce, validators));
  const silent = validators.filter((one) => !announced.has(one));
  const flagged = await flaggedAmong(announced, context);
  const seen = { chain: name, signing: [], silent, flagged, ahead: [] };
  if (!merkleTreeHook) return seen;
  const tree = await onChain(station, readTree(rpc, merkleTreeHook, reorgPeriod));
  const right = tree && { merkleTreeHook, domain, ...tree };
  const waiting = validators.filter((one) => announced.has(one) && !flagged.includes(one));
  const signers = { announced, validators, waiting, patience };
  const count = () => onChain(station, countLeaves(rpc, merkleTreeHook));
  const [signing, ahead] = await Promise.all([
    right ? signingsOf(right, signers, context) : [],
    aheadOf(count, signers, context),
  ]);
  return { ...seen, signing, ahead };
}

type Signers = {
  announced: ReadonlyMap<Address, string>;
  validators: readonly Address[];
  /** Those that may still sign. */
  waiting: readonly Address[];
  patience: number;
};

async function signingsOf(
  right: RightCheckpoint,
  signers: Signers,
  context: Context,
): Promise<Signing[]> {
  const { announced, validators, waiting, patience } = signers;
  const deadline = context.clock.now() + patience;
  for (;;) {
    const all = await Promise.all(
      validators.map((one) => signingOf(one, announced.get(one), right, context)),
    );
    const isOver = all.every(({ validator, flaw }) => !flaw || !waiting.includes(validator));
    if (isOver || context.clock.now() >= deadline) return all;
    await context.clock.sleep(PAUSE_MS, context.signal);
  }
}

/**
 * Who has signed more than there is. The tree is read after the buckets, and again for as long as a
 * node may be behind the one that a validator reads.
 */
async function aheadOf(
  count: () => Promise<number>,
  { announced, patience }: Signers,
  context: Context,
): Promise<Ahead[]> {
  const deadline = context.clock.now() + patience;
  for (;;) {
    const signed = await Promise.all(
      [...announced].map(async ([validator, location]) => {
        return { validator, latest: (await latestOf(location, context)) ?? -1 };
      }),
    );
    const leaves = await count();
    const ahead = signed
      .filter(({ latest }) => latest >= leaves)
      .map((one) => ({ ...one, leaves }));
    if (ahead.length === 0 || context.clock.now() >= deadline) return ahead;
    await context.clock.sleep(PAUSE_MS, context.signal);
  }
}

function endsOf(
  { origin, destination }: Route,
  stations: readonly Station[],
): [Station, Station] | undefined {
  const from = stations.find(({ name }) => name === origin);
  const to = stations.find(({ name }) => name === destination);
  return from && to && [from, to];
}

function findingsOf(
  route: Route,
  stations: readonly Station[],
  origins: readonly OriginSeen[],
): Finding[] {
  const { origin, destination } = route;
  const [from, to] = endsOf(route, stations) ?? [];
  const seen = origins.find(({ chain }) => chain === origin);
  if (!from || !to || !seen) return [];
  const { defaultIsm } = to.state;
  const isAhead = (one: Address) => seen.ahead.some(({ validator }) => validator === one);
  const signed = seen.signing.filter(({ flaw, validator }) => flaw === null && !isAhead(validator));
  const signers = new Set(signed.map(({ validator }) => validator));
  const isToBeSigned = isEnough(defaultIsm, from.domain, new Set()) === false;
  const judging = validatorsIn(defaultIsm, from.domain);
  const isJudging = (one: Address) => judging.includes(one);
  return findingsOfRoute({
    ...{ origin, destination },
    hasRoute: judgeOf(defaultIsm, from.domain) !== undefined,
    isPaused: pausedIn(defaultIsm, from.domain),
    isUnsignable: isToBeSigned && entersTree(from.state.hooks, to.domain) === false,
    flagged: seen.flagged.filter(isJudging),
    spoiling: spoilersIn(seen.signing).filter(isJudging),
    isEnough: seen.signing.length === 0 ? null : isEnough(defaultIsm, from.domain, signers),
  });
}
