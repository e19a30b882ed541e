import { ActionError, type Context, type Report } from "@playbook/action";
import { faultAt, unserved } from "@playbook/site/verify";
import { openCloud, type Reach } from "./cloud.ts";
import { targetOf } from "./decide.ts";
import { standingOf } from "./standing.ts";
import { summarizeRollback } from "./summary.ts";
import { goBack } from "./switch.ts";

export type RollbackInputs = Reach & {
  environment: string;
  rollbackTo: string;
  url: string;
  verify: number;
  by: string | null;
};

/** Makes an earlier release live again: one write, and nothing is uploaded. */
export async function rollback(inputs: RollbackInputs, context: Context): Promise<Report> {
  const { rollbackTo, url, verify, by } = inputs;
  if (!inputs.keyValueStore) throw notPlain();
  const cloud = await openCloud(inputs, context);
  const { history, store } = cloud;
  if (!store) throw notPlain();
  const standing = await standingOf(cloud);
  const target = targetOf(history.site, standing.live, {
    ...{ to: rollbackTo, by, finished: standing.finished },
  });
  const manifest = await history.manifest(target.manifest);
  await cloud.checked;

  const from = standing.live;
  const changed = from !== undefined && from !== target.id;
  if (changed) {
    const turn = { from, to: target.id, why: "It was asked for.", failed: false, by };
    await goBack(store, cloud, { turn, standing }, context);
  }
  context.progress(`${target.id} is live.`);
  const fault =
    verify > 0
      ? await faultAt({ ...{ url, manifest, times: verify }, isOurs: true, context })
      : undefined;
  if (fault !== undefined) throw unserved(target.id, url, fault, "It is live all the same.");
  return {
    outputs: {
      ...{ release: target.id, previous: from ?? "", url, changed },
      ...{ uploaded: 0, bytes: 0, "manifest-digest": target.manifest },
    },
    summary: summarizeRollback({ from, target, changed, url, environment: inputs.environment }),
  };
}

function notPlain(): ActionError {
  return new ActionError("rollback-unsupported", {
    what: "There is nothing to go back to without a KeyValueStore.",
    why: "Pages lie at their addresses there, and a release replaces those of the one before.",
    next: "Release the earlier build again under a name of its own, with `allow-older: true`.",
  });
}
