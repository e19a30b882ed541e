import { ActionError, type Context } from "@playbook/action";
import { AxonChain } from "@playbook/axon";
import { begin, hasQuorum, look, quorum, weightOf } from "@playbook/bft";
import { type KubeClient, statefulSets } from "@playbook/kube";
import { Observer, Snapshots } from "@playbook/rollout";
import type { Inputs } from "./prepare.ts";
import { keyOf, type Source } from "./source.ts";

/** How many blocks a validator may be behind and still vote in time. */
const LAG = 2;

/**
 * A validator is stopped only when it was asked for, and when the votes of the others commit blocks
 * without it. Throws `source-nameless`, `source-votes`, `votes-missing`.
 */
export async function checkVotes(
  kube: KubeClient,
  source: Source,
  inputs: Inputs,
  context: Context,
): Promise<void> {
  const { validator } = source;
  if (validator === undefined) return;
  if (!inputs.allowValidator) throw votes(source.name);
  const { namespace, rpcPort: port } = inputs;
  const sets = await kube.list(statefulSets, { namespace });
  const keyed = sets.filter((set) => keyOf(set) !== undefined);
  const names = new Set(keyed.map(({ metadata }) => metadata.name));
  const target = {
    namespace,
    named: new Map(),
    port,
    isValidator: (name: string) => names.has(name),
  };
  const snapshots = new Snapshots(kube, { namespace, wanted: false });
  using observer = new Observer(kube, new AxonChain(), target, snapshots, context);
  const { view } = await observer.meet();
  const { seen } = look(begin(view), view, { lag: LAG, window: 2 * view.set.length });
  const others = new Set([...seen.voting].filter((id) => id !== validator));
  if (hasQuorum(view.set, others)) return;
  throw missing(source.name, weightOf(view.set, others), quorum(view.set));
}

function votes(name: string): ActionError {
  return new ActionError("source-votes", {
    what: `${name} is a validator.`,
    why: "While it is stopped its vote is missing: of five validators none other may fail then.",
    next: "Back up the sync node, or say `allow-validator: true`.",
  });
}

function missing(name: string, weight: number, needed: number): ActionError {
  return new ActionError("votes-missing", {
    what: `Without ${name} the chain would stand still.`,
    why: `The others' votes weigh ${weight} together, and ${needed} commit a block.`,
    next: "Bring the validators back that do not vote, or back up the sync node.",
  });
}
