import type { Chain } from "@playbook/world";
import { launch } from "../apply/job.ts";
import type { Given, Office, Planned } from "../apply/office.ts";

const SEND = "eth_sendRawTransaction";

export const calls = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `count(${index})` }));

/** What tests do to an office once it is open; `own` says what their inputs have otherwise. */
export function handsIn(office: () => Office, own: () => Given = () => ({})) {
  /** The inputs of a job that gives a release up. */
  const abandoning = (plan: Planned, over: Given = {}): Given => {
    const { plan: _, "plan-digest": __, ...given } = office().given(plan);
    return { ...given, mode: "abandon", ...own(), ...over };
  };

  /**
   * A release whose run died when so many of its transactions had reached a chain; what it sent
   * after them never arrived. Those of one window arrive in any order.
   */
  const halted = async (chain: Chain, plan: Planned, sent: number, window = 4): Promise<void> => {
    const given = office().given(plan, { window: String(window), ...own() });
    const { process: started, ended } = await launch(office(), given);
    const action = { kind: "drop" } as const;
    const cut = chain.chaos.rule({ method: SEND, nth: sent + 1, times: Infinity, action });
    let seen = 0;
    const off = chain.chaos.onCall((phase, { method }) => {
      if (phase === "before" && method === SEND) seen += 1;
      if (seen > sent) process.kill(started.pid, "SIGKILL");
    });
    await ended;
    off();
    cut.remove();
  };
  return { abandoning, halted };
}
