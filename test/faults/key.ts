import type { AwsCall } from "@playbook/world";
import type { Act, Fault } from "./fault.ts";

const nothing: Act = () => {};

/** The address whose code shuts the gate that the steps of the script look at. */
const GATE = "0x000000000000000000000000000000000000cA7E";

const shutGate: Act = ({ atSend, chain }) =>
  atSend(1, () => chain.send("anvil_setCode", [GATE, "0x00"]));

/** No block comes before the last of thirteen is sent. */
const allSent: Act = ({ afterSend, eachBlock }) => {
  let isSent = false;
  afterSend(13, () => {
    isSent = true;
  });
  eachBlock(() => isSent);
};

/** 50 a second, and now and then none: others in the account sign too. */
const throttle: Act = ({ aws, atCall, counts }) => {
  aws.limit("kms", 50);
  for (const nth of [20, 60, 100]) {
    atCall("Sign", nth, () => aws.limit("kms", 0));
    atCall("Sign", nth + 2, () => aws.limit("kms", 50));
  }
  const before = aws.calls().length;
  const isThrottled = ({ operation, status }: AwsCall) => operation === "Sign" && status === 400;
  counts(() => aws.calls().slice(before).filter(isThrottled).length);
};

/** What happens to the key, and what the steps themselves do. */
export const key: Fault[] = [
  {
    name: "the key was used elsewhere after the plan was made",
    acts: [({ useKey }) => useKey(), nothing],
    ends: ["key-used-before", "key-used-before"],
  },
  {
    name: "the key is used elsewhere between two of our transactions",
    acts: [({ midway, useKey }) => midway(useKey), nothing],
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
    window: 64,
    acts: [throttle, nothing],
    ends: ["done"],
  },
  {
    name: "the AWS session ends in the middle",
    acts: [({ midSigning, aws }) => midSigning(() => aws.expireSessions()), nothing],
    ends: ["done"],
  },
  {
    name: "a step reverts when later ones are sent already",
    on: "beta",
    script: "guarded",
    window: 16,
    acts: [
      async (stand) => {
        await shutGate(stand);
        await allSent(stand);
      },
      nothing,
    ],
    ends: ["step-reverted", "plan-spent"],
  },
  {
    name: "a contract is not there when it is to be paid",
    script: "paid",
    acts: [shutGate, nothing],
    ends: ["step-reverted", "plan-spent"],
  },
  {
    name: "a contract is not there when it is called",
    script: "called",
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
