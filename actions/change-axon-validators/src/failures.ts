import { ActionError } from "@playbook/action";
import type { Failure } from "./decide.ts";

/** What a person is told of a change that does not go on. */
export function failureOf({ code, ids }: Failure, nameOf: (id: string) => string): ActionError {
  const names = ids.map(nameOf).join(", ");
  switch (code) {
    case "set-unannounced":
      return new ActionError("set-unannounced", {
        what: `The chain's validators are not those that were announced: ${names}.`,
        why: "A validator's key has called the metadata contract, and it was not this action.",
        next:
          "Find out whose it was. If it is to stay, run this with " +
          '"accept-set"; if not, change it back.',
      });
    case "change-refused":
      return new ActionError("change-refused", {
        what: `The chain has refused the change of ${names}.`,
        why:
          "The call was in a block and reverted: an epoch may have been appended that nobody " +
          "announced, which can be read once it has begun.",
        next: "Run this again when the next epoch has begun; it looks what the chain has.",
      });
    case "change-unsafe":
      return new ActionError("change-unsafe", {
        what: `${names} cannot be changed without the risk that the chain stops.`,
        why: "Those who vote now would not commit blocks after it, if whoever is new did not vote.",
        next:
          "Begin with at least three votes that all are there, or give weights that " +
          "leave the others more than two thirds.",
      });
    case "votes-missing":
      return new ActionError("votes-missing", {
        what: `Nothing is changed while there are no votes of ${names}.`,
        why: "Every change needs more than two thirds of the votes before it and after it.",
        next: "Bring them back, or take them out of the set that is wanted; then run this again.",
      });
    case "nodes-behind":
      return new ActionError("nodes-behind", {
        what: `${names} did not get in step with the chain in time.`,
        why: "A validator is taken in when its node has all blocks, or it could not vote.",
        next: "See whether they run in this namespace and reach their peers; then run this again.",
      });
    case "newcomer-silent":
      return new ActionError("newcomer-silent", {
        what: `${names} did not vote, and was taken out again.`,
        why:
          "Its node was in step. Most likely it runs with another BLS " +
          "key than the one that was announced.",
        next: "Compare its keys with the public halves that were given, then run this again.",
      });
    case "chain-stands-still":
      return new ActionError("chain-stands-still", {
        what: "The chain makes no blocks, or too few to tell who votes.",
        why: "A change of its validators is a call, and that takes effect in a block.",
        next: "Bring validators back until it goes on; then run this again.",
      });
    case "call-not-included":
      return new ActionError("call-not-included", {
        what: `No block has taken the call that changes ${names}.`,
        why: "It was sent to all nodes, and the chain made blocks without it.",
        next: "See what the nodes log of it. The next run sends the same bytes again.",
      });
    case "epoch-awaited":
      return new ActionError("epoch-awaited", {
        what: `The change of ${names} is decided, and its epoch has not begun.`,
        why: 'It begins later than "epoch-wait" allows to wait for.',
        next: "Run this again then: it goes on from there.",
      });
  }
}
