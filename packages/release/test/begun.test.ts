import type { HistoryEntry } from "@playbook/kube";
import type { Entry } from "@playbook/rollout";
import { checkGoesBack, goesOnWith } from "../src/begun.ts";

const begun = (changes: Partial<Entry> = {}): Entry => ({
  ...{ run: "one", direction: "forward", from: 1, was: "v0.3.1", to: "v0.3.4" },
  ...{ kind: "rollout", outcome: "paused" },
  ...changes,
});

const revision = (number: number, description: string, status = "deployed") =>
  ({ revision: number, description, status }) as HistoryEntry;

const OURS = revision(2, "playbook 0123456789abcdef");

type Now = Parameters<typeof goesOnWith>[1];

const now = (changes: Partial<Now> = {}): Now => ({
  ...{ to: "v0.3.4", kind: "rollout", newest: OURS },
  ...changes,
});

const BACK = { direction: "back" } as const;

describe("a run goes on with what an earlier one has begun", () => {
  test.each([
    ["which was paused", begun()],
    ["which was paused on its way back", begun(BACK)],
    ["which did not come back", begun({ ...BACK, outcome: "stuck" })],
    ["which was killed", begun({ outcome: "" })],
    ["which was ended in good order", begun({ ...BACK, outcome: "interrupted" })],
    ["which an earlier release wrote", begun({ to: undefined, kind: undefined })],
    ["of which nothing was there before", begun({ from: 0 })],
  ])("%s, as it went last", (_, last) => {
    expect(goesOnWith(last, now())).toBe(last);
  });

  test.each(["done", "taken-back", "held"])("but not with one that is %s", (outcome) => {
    expect(goesOnWith(begun({ outcome }), now())).toBeUndefined();
  });

  test("forward with another version, and back to where all were whole", () => {
    const last = begun({ ...BACK, outcome: "stuck" });

    expect(goesOnWith(last, now({ to: "v0.3.5" }))).toEqual({ ...last, direction: "forward" });
    // Nobody chose anything after a run that was killed.
    const killed = begun({ ...BACK, outcome: "" });
    expect(goesOnWith(killed, now({ to: "v0.3.5" }))).toBe(killed);
    expect(goesOnWith(begun({ from: 0 }), now({ to: "v0.3.5" }))).toBeUndefined();
  });

  test("but not in another way: nobody goes back from a fork by a rollout", () => {
    expect(goesOnWith(begun({ kind: "fork" }), now())).toBeUndefined();
    expect(goesOnWith(begun({ kind: "jump" }), now({ kind: "fork" }))).toBeUndefined();
    expect(goesOnWith(begun({ kind: "fork" }), now({ kind: "fork" }))).toBeDefined();
  });

  test.each([
    ["has released something else", revision(4, "Upgrade complete"), false],
    ["has gone back to another revision", revision(4, "Rollback to 3"), false],
    ["has gone back, as this would", revision(4, "Rollback to 1"), true],
    ["has tried to", revision(4, "Upgrade failed", "failed"), true],
    ["had released what was there before", revision(1, "Install complete"), true],
  ])("where a person %s by hand", (_, newest, goesOn) => {
    expect(goesOnWith(begun(BACK), now({ newest })) !== undefined).toBe(goesOn);
  });
});

test("that it goes back first is told before", () => {
  expect(checkGoesBack(begun(), { release: "axon" })).toEqual([]);
  expect(checkGoesBack(undefined, { release: "axon" })).toEqual([]);
  expect(checkGoesBack(begun(BACK), { release: "axon" })).toEqual([
    expect.objectContaining({
      ...{ code: "goes-back", level: "warning", at: "ConfigMap axon-rollout" },
      why: expect.stringMatching(/\(one\).* from v0\.3\.4 .* to revision 1 \(v0\.3\.1\)/),
      next: "Apply it, then release again what is mended.",
    }),
  ]);
});
