import type { Act, Fault } from "./fault.ts";

const nothing: Act = () => {};

/** What happens to the process and to the machine under it. */
export const machine: Fault[] = [
  {
    name: "SIGKILL in the middle",
    acts: [({ midway, signal }) => midway(() => signal("SIGKILL")), nothing],
    ends: ["SIGKILL", "done"],
  },
  {
    name: "SIGKILL when all is sent",
    on: "beta",
    acts: [({ afterSend, signal }) => afterSend(13, () => signal("SIGKILL")), nothing],
    ends: ["SIGKILL", "done"],
  },
  {
    name: "the machine is gone, and its disk with it",
    acts: [({ midway, signal }) => midway(() => signal("SIGKILL")), ({ loseDisk }) => loseDisk()],
    ends: ["SIGKILL", "done"],
  },
  {
    name: "cancelled as GitHub does: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL",
    acts: [({ midway, cancel }) => midway(cancel), nothing],
    ends: ["cancelled", "done"],
  },
  {
    name: "SIGTERM in the middle",
    acts: [({ midway, signal }) => midway(() => signal("SIGTERM")), nothing],
    ends: ["cancelled", "done"],
  },
  {
    name: "the clock is set back by a day",
    acts: [({ midway, signal }) => midway(() => signal("SIGUSR2")), nothing],
    ends: ["done"],
    setsClock: true,
  },
  {
    name: "GitHub's token endpoint is down for 20 s",
    acts: [({ refuseTokens }) => refuseTokens(20_000)],
    ends: ["done"],
    none: "it takes AWS credentials from its environment",
  },
];
