import { choiceOf } from "../src/validators.ts";
import { keyedSet } from "./preflight/chain.ts";
import { setOf } from "./preflight/sets.ts";

const chosen = (
  validators: string | undefined,
  named = new Map<string, string>(),
  rendered: Parameters<typeof choiceOf>[1] = [],
) => choiceOf({ validators, release: "axon", publicKeys: named }, rendered);

describe("validators are chosen", () => {
  const hand = setOf("axon1");
  const other = setOf("other");

  test.each([
    ["labels of its pods, where sets have none", "app=axon, validator=axon1", hand],
    ["its name", "axon2, axon1", hand],
  ])("by %s", (_, validators, set) => {
    expect(chosen(validators).isChosen(set)).toBe(true);
    expect(chosen(validators).isChosen(other)).toBe(false);
  });

  test("by labels of sets, and not of pods, where sets have them", () => {
    const labelled = { ...hand, metadata: { name: "x", labels: { app: "axon" } } };
    const { isChosen } = chosen("app=axon", new Map(), [labelled, other]);

    expect([labelled, other].map(isChosen)).toEqual([true, false]);
  });

  test("by the labels of the own chart, unless it is said", () => {
    const labels = {
      "app.kubernetes.io/instance": "axon",
      "app.kubernetes.io/component": "validator",
    };

    const own = { ...hand, metadata: { name: "v", labels } };
    expect([own, hand].map(chosen(undefined, new Map(), [own]).isChosen)).toEqual([true, false]);
  });

  test("by their keys, whatever their labels are: all of them are held", () => {
    const { isChosen, isValidator } = chosen("tier=gold");
    const named = chosen("tier=gold", new Map([["chain-3", "0x00"]]));
    const from = (start: number) => setOf("chain", { replicas: 2, ordinals: { start } });

    expect([isChosen, isValidator].map((is) => is(keyedSet("a", 0)))).toEqual([false, true]);
    expect(named.isValidator(from(2))).toBe(true);
    expect(named.isValidator(from(0))).toBe(false);
  });
});
