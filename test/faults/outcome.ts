import { handedIn } from "../../packages/evm/test/auditor.ts";
import type { Arena } from "./arena.ts";
import type { Attempt } from "./attempt.ts";
import type { End, Fault } from "./fault.ts";
import { Forge, wantedBy } from "./forge.ts";
import { Ours } from "./ours.ts";
import { openScene, type Scene } from "./scene.ts";
import { judge, type Verdict, type Wanted } from "./verdict.ts";

/** How the runs that met a fault ended, and what the chains hold after them. */
export type Outcome = {
  ends: End[];
  verdict: Verdict;
  /** Transactions of the key on a chain that was not meant. */
  strays: number;
  /** Nonces for which two different things were handed to the node, cancellations left out. */
  doubled: number;
  /** What each run said. */
  said: string[];
};

/**
 * Our action meets a fault, run by run, until one is done or nothing more is foreseen. The scene
 * lasts until then: hence `return await`.
 */
export async function ours(arena: Arena, fault: Fault): Promise<Outcome> {
  await using scene = await openScene("ours", arena, fault.on);
  const release = new Ours(scene, fault);
  scene.keptBy(release);
  const wanted = await wantedBy(scene, fault);
  await release.plan();
  const outcome = await meet(scene, fault, wanted, () => release.run());
  const { records } = fault;
  if (records && !(await release.kinds()).includes(records)) {
    throw new Error(`The ledger holds nothing that is ${records}.`);
  }
  return outcome;
}

/** forge meets it: with `--resume` from the second run on, or the same command again. */
export async function forge(
  arena: Arena,
  fault: Fault,
  { resume, clock }: { resume: boolean; clock?: string },
): Promise<Outcome> {
  await using scene = await openScene("forge", arena, fault.on);
  const release = new Forge(scene, fault, clock);
  scene.keptBy(release);
  const wanted = await wantedBy(scene, fault);
  return await meet(scene, fault, wanted, (nth) => release.run(resume && nth > 0));
}

async function meet(
  scene: Scene,
  { acts }: Fault,
  wanted: Wanted[],
  run: (nth: number) => Promise<Attempt>,
): Promise<Outcome> {
  const { chain, other, signer } = scene;
  const ends: End[] = [];
  const said: string[] = [];
  for (const [nth, act] of acts.entries()) {
    await act(scene);
    const { end, output } = await run(nth);
    ends.push(end);
    said.push(output);
    if (end === "done") break;
  }
  await scene.calm();
  scene.check(wanted.length);
  const handed = [...handedIn(chain, signer).values()];
  return {
    ends,
    said,
    verdict: await judge(chain, signer, wanted),
    strays: await other.nonce(signer),
    doubled: handed.filter((acts) => acts.size > 1).length,
  };
}
