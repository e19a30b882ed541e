import type { Deployment } from "@playbook/evm";
import { canonical, digestOf } from "@playbook/state";
import type { Manifest } from "../apply/manifest.ts";
import type { Survey } from "./adopt.ts";

type Entry = Manifest["chains"][string];

/**
 * The manifest with the contracts that forge has deployed; undefined when it has them all. A chain
 * that was reset since starts anew.
 */
export function adoptedManifest(
  last: Manifest | undefined,
  { environment, release }: Deployment,
  surveys: Survey[],
): Manifest | undefined {
  const chains = { ...last?.chains };
  const added: Record<string, Entry["contracts"]> = {};
  for (const survey of surveys) {
    const { chain } = survey.reachable;
    const { chainId, genesis } = survey.adoptable.key;
    const known = chains[chain.name];
    const before = known?.genesis === genesis ? known.contracts : [];
    const more = contractsOf(survey, release).filter(
      (one) => !before.some(({ address }) => address === one.address),
    );
    if (more.length === 0) continue;
    added[chain.name] = more;
    chains[chain.name] = { chainId, genesis, contracts: [...before, ...more] };
  }
  if (Object.keys(added).length === 0) return undefined;
  const plan = digestOf(canonical(added));
  return { environment, release, commit: null, plan, origin: "adopted", chains };
}

/** What forge has made and the chain bears out; of a contract in two files, the first. */
function contractsOf({ findings }: Survey, release: string): Entry["contracts"] {
  const found = findings.flatMap(({ standing, hash, block }) =>
    standing.map(({ name, address }) => ({
      ...{ name, address, release },
      transaction: hash ?? "",
      block: block ?? 0,
    })),
  );
  return found.filter(
    ({ address }, index) => found.findIndex((one) => one.address === address) === index,
  );
}
