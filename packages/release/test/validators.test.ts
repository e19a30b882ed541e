import { choiceOf } from "../src/validators.ts";
import { keyedSet } from "./preflight/chain.ts";
import { setOf } from "./preflight/sets.ts";

const chosen = (validators: string | undefined, named = new Map<string, string>()) =>
  choiceOf({ validators, release: "axon", publicKeys: named });

describe("validators are chosen", () => {
  const hand = setOf("axon1");
  const other = setOf("other");

  test.each([
    [
      "labels of the set",
      "tier=gold",
      { ...hand, metadata: { name: "x", labels: { tier: "gold" } } },
    ],
    ["labels of its pods alone", "app=axon, validator=axon1", hand],
    ["its name", "axon2, axon1", hand],
  ])("by %s", (_, validators, set) => {
    expect(chosen(validators).isChosen(set)).toBe(true);
    expect(chosen(validators).isChosen(other)).toBe(false);
  });

  test("by the labels of the own chart, unless it is said", () => {
    const labels = {
      "app.kubernetes.io/instance": "axon",
      "app.kubernetes.io/component": "validator",
    };

    expect(chosen(undefined).isChosen({ ...hand, metadata: { name: "v", labels } })).toBe(true);
    expect(chosen(undefined).isChosen(hand)).toBe(false);
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
