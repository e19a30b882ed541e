import type { Act, Fault } from "./fault.ts";

const nothing: Act = () => {};

/** The address whose code shuts the gate that the steps of the script look at. */
const GATE = "0x000000000000000000000000000000000000cA7E";

const shutGate: Act = ({ atSend, chain }) =>
  atSend(1, () => chain.send("anvil_setCode", [GATE, "0x00"]));

/** What happens to the key, and what the steps themselves do. */
export const key: Fault[] = [
  {
    name: "the key was used elsewhere after the plan was made",
    acts: [({ useKey }) => useKey(), nothing],
    ends: ["key-used-before", "key-used-before"],
  },
  {
    name: "the key is used elsewhere between two of our transactions",
    acts: [({ atSend, useKey }) => atSend(5, useKey), nothing],
    ends: ["nonce-used-elsewhere", "nonce-used-elsewhere"],
  },
  {
    name: "the key is used elsewhere after our last transaction",
    acts: [({ atNonce, useKey }) => atNonce(13, useKey), nothing],
    ends: ["done"],
  },
  {
    name: "KMS signs 50 times a second",
    steps: 120,
    acts: [({ aws }) => aws.limit("kms", 50), nothing],
    ends: ["done"],
  },
  {
    name: "the AWS session ends in the middle",
    acts: [({ atCall, aws }) => atCall("Sign", 6, () => aws.expireSessions()), nothing],
    ends: ["done"],
  },
  {
    name: "a step reverts when later ones are sent already",
    script: "guarded",
    acts: [shutGate, nothing],
    ends: ["step-reverted", "plan-spent"],
  },
  {
    name: "a contract is not there when it is to be paid",
    script: "paid",
    acts: [shutGate, nothing],
    ends: ["step-reverted", "plan-spent"],
  },
  {
    name: "a step needs more gas than a block has",
    script: "large",
    acts: [nothing, nothing],
    ends: ["step-too-big", "step-too-big"],
  },
];
