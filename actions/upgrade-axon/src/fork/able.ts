import { ActionError } from "@playbook/action";
import { type Herald, readHerald } from "@playbook/axon";
import type { Ask } from "@playbook/rollout";

/**
 * Sees in the last blocks that this chain's builds can fork. Their version does not tell: both
 * builds call themselves alike. Throws `fork-impossible`.
 */
export async function seeAble(head: number, turns: number, ask: Ask): Promise<void> {
  const first = Math.max(1, head - turns + 1);
  for (let height = head; height >= first; height -= 1) {
    const herald = await heraldAt(height, ask);
    if (herald?.fork !== "foreign") continue;
    const version = await ask("web3_clientVersion").catch(() => "of an unknown version");
    throw impossible(height, String(version));
  }
}

export async function heraldAt(height: number, ask: Ask): Promise<Herald | null> {
  return readHerald(await ask("eth_getBlockByNumber", [`0x${height.toString(16)}`, false]));
}

function impossible(height: number, version: string): ActionError {
  return new ActionError("fork-impossible", {
    what: `This chain's build of Axon, ${version}, cannot fork.`,
    why:
      `Block ${height} has something else where Axon looks for a fork, as el-axon's blocks do: ` +
      "it proposes a fork in one place and looks for it in another, so that none is ever " +
      "determined, and each validator that is prepared leads in vain until the fork's block.",
    next: "Roll out a build that writes and reads a fork in the same place; then fork.",
  });
}
