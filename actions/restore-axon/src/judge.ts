import { ActionError } from "@playbook/action";
import { isAccepted, type Loss, lossText, type Manifest } from "@playbook/backup";

/** Throws `fence-unknown` when neither the old chain nor a reason is given. */
export function checkFence(hasOldChain: boolean, because: string | undefined): void {
  if (hasOldChain || because) return;
  throw new ActionError("fence-unknown", {
    what: "Nobody has said that the old validators are gone.",
    why: "Their keys would sign in two places, and there is nothing that would stop them.",
    next:
      "Name the old cluster or namespace (`old-…`), and it is shut first; where it cannot be " +
      "reached, say in `fenced-because` why nothing runs there any more.",
  });
}

/** Throws `loss-not-accepted`, which names the height to accept. */
export function checkLoss({ block }: Manifest, loss: Loss, acceptLoss: number | undefined): void {
  if (isAccepted(loss, block, acceptLoss)) return;
  const other = acceptLoss === undefined ? "" : ` \`accept-loss\` names block ${acceptLoss}.`;
  throw new ActionError("loss-not-accepted", {
    what: `The chain would go back to block ${block.height}.`,
    why:
      `Lost would be ${lossText(loss)}: a reorganisation for ` +
      `everybody who has read them.${other}`,
    next:
      "Back up the old chain once more if it can be; otherwise read what follows for each " +
      `consumer (\`mode: plan\`), and say \`accept-loss: ${block.height}\`.`,
  });
}
