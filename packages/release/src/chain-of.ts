import { type Build, readBuild } from "@playbook/axon";
import { headOf, type ValidatorSet } from "@playbook/bft";
import type { Observer, Scene } from "@playbook/rollout";
import type { Change } from "./images.ts";
import { isAskedOfBlocks } from "./preflight/builds.ts";
import { viewOf } from "./prepare.ts";

type Chain = {
  /** Who votes. */
  set?: ValidatorSet;
  /** Its newest block. */
  head?: number;
  /** Whose builds have proposed its latest blocks, where images do not tell. */
  builds?: ReadonlySet<Build>;
};

/** Whom to ask: those whom the chart renders, or with them those whom it renders no more. */
type Asking = Pick<Observer, "look" | "meet" | "ask">;

type Asked = {
  observer: Asking;
  scene: Pick<Scene, "sets">;
  whole: { observer: Asking; scene: Pick<Scene, "sets" | "posts" | "nameless"> };
  changes: readonly Change[];
};

/**
 * The chain as it answers; nothing where there is none yet, where nobody answers and that may be,
 * and where nobody can be asked, as it is not known whose the pods are that go.
 */
export async function chainOf(
  { observer, scene, whole, changes }: Asked,
  mayBeSilent: boolean,
): Promise<Chain> {
  const { sets, posts, nameless } = whole.scene;
  if (sets.length === 0 || (posts.length === 0 && nameless.length > 0)) return {};
  const own = sets.length > scene.sets.length ? whole.observer : observer;
  const view = mayBeSilent ? await viewOf({ observer: own }) : (await own.meet()).view;
  if (!view) return {};
  const { set, commits, nodes } = view;
  const head = headOf(commits, nodes);
  if (!changes.some(isAskedOfBlocks)) return { set, head };
  return {
    ...{ set, head },
    builds: await buildsOf(
      commits.map(({ height }) => height),
      own,
    ),
  };
}

async function buildsOf(heights: readonly number[], observer: Asking): Promise<Set<Build>> {
  const found = new Set<Build>();
  for (const height of heights) {
    found.add(readBuild(await observer.ask("axon_getBlockById", [`0x${height.toString(16)}`])));
  }
  return found;
}
