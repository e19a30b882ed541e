import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import type { StatefulSet } from "../../src/preflight/manifest.ts";
import { configOf, found, ids, keyedSet, keyedSets, made, specOf } from "./chain.ts";
import { setOf } from "./sets.ts";

const live = (sets: readonly StatefulSet[]) => sets.map((set) => made(set));
const namedChain = (count: number) =>
  new Map<string, string>(ids(count).map((id, at) => [`chain-${at}`, id]));
const codes = (findings: { code: string; at: string }[]) =>
  findings.map(({ code, at }) => `${code} ${at}`);

describe("a chain's validators keep their places", () => {
  const five = keyedSets(5);

  test("when the same is rendered again, and when one is added that does not vote yet", () => {
    expect(found({ rendered: five, live: live(five), voters: 5 })).toEqual([]);
    expect(found({ rendered: keyedSets(6), live: live(five), voters: 5 })).toEqual([]);
  });

  test("or it is said how many votes would stay, set by set", () => {
    const findings = found({ rendered: five.slice(0, 2), live: live(five), voters: 5 });

    expect(codes(findings)).toEqual([2, 3, 4].map((at) => `validator-dropped axon-${at}-0`));
    expect(findings[0]).toMatchObject({
      level: "error",
      why: expect.stringContaining("2 of 5 votes stay where they are, 4 are needed"),
      next: expect.stringContaining("change-axon-validators"),
    });
  });

  test("also where one set has all, and where sets are stopped", () => {
    const one = (replicas?: number) => setOf("chain", { replicas });
    const named = namedChain(5);
    const at = (rendered: StatefulSet[]) =>
      codes(found({ rendered, live: live([one(5)]), voters: 5, named }));

    expect(at([one(2)])).toEqual([2, 3, 4].map((pod) => `validator-dropped chain-${pod}`));
    expect(at([one(0)])).toHaveLength(5);
    expect(at([one(5)])).toEqual([]);
    const stopped = keyedSets(5, { replicas: 0 });
    expect(found({ rendered: stopped, live: live(five), voters: 5 })).toHaveLength(5);
  });

  test("where the chart says nothing of replicas, and Helm never did", () => {
    const bare = setOf("chain", { replicas: undefined });
    const there = made(setOf("chain", { replicas: 5 }));
    const owned = (manager: string): StatefulSet => ({
      ...there,
      metadata: {
        ...there.metadata,
        managedFields: [
          { manager, operation: "Update", fieldsV1: { "f:spec": { "f:replicas": {} } } },
        ],
      } as StatefulSet["metadata"],
    });
    const named = namedChain(5);
    const scenario = { rendered: [bare], voters: 5, named };

    expect(found({ ...scenario, live: [owned("kubectl")] })).toEqual([]);
    expect(found({ ...scenario, live: [owned("helm")] })).toHaveLength(4);
  });

  test("under their names: their data is there, and their keys in no two pods", () => {
    const renamed = ids(5).map((_, at) => keyedSet(`node-${at}`, at));
    const findings = found({ rendered: renamed, live: live(five), voters: 5 });

    expect(codes(findings)).toEqual(ids(5).map((_, at) => `validator-dropped axon-${at}-0`));
    expect(findings[0]?.why).toContain("Its key moves to node-0-0");
  });

  test("and their keys: two that change places sign with one at a time", () => {
    const swapped = [1, 0, 2, 3, 4].map((key, at) => keyedSet(`axon-${at}`, key));

    expect(codes(found({ rendered: swapped, live: live(five), voters: 5 }))).toEqual([
      "validator-dropped axon-0-0",
      "validator-dropped axon-1-0",
    ]);
  });

  test("but for those who were taken out of the set before", () => {
    const rendered = five.slice(0, 4);

    expect(found({ rendered, live: live(five), voters: 4 })).toEqual([]);
    const stopped = five.map((set, at) => (at < 4 ? set : keyedSet("axon-4", 4, { replicas: 0 })));
    expect(found({ rendered: five, live: live(stopped), voters: 5 })).toEqual([]);
    expect(found({ rendered: stopped, live: live(stopped), voters: 4 })).toEqual([]);
  });

  test("where nobody says whose the pods are that go, as long as somebody is seen nowhere", () => {
    const bare = setOf("axon-4");
    const there = live([...five.slice(0, 4), bare]);

    expect(codes(found({ rendered: five.slice(0, 4), live: there, voters: 5 }))).toEqual([
      "validator-dropped axon-4-0",
    ]);
    expect(found({ rendered: five.slice(0, 4), live: there, voters: 4 })).toEqual([]);
    const old = live([setOf("old", { replicas: 4 })]);
    expect(codes(found({ rendered: keyedSets(4), live: old }))).toEqual([
      "validator-dropped old-0, old-1, old-2, old-3",
    ]);
  });

  test("also where nothing says that it is this chain's sets that go", () => {
    const other = setOf("old", { replicas: 4 });
    const rendered = keyedSets(4);
    const validators = "validator=none";

    const findings = found({
      rendered,
      live: live([other]),
      validators: `${validators},axon-0`,
      more: [specOf(4)],
    });
    expect(codes(findings)).toContain("validator-dropped StatefulSet old");
  });

  test("whatever is rendered: nobody who votes goes unsaid, and nobody else is named", () => {
    const places = fc.array(fc.constantFrom("kept", "dropped", "stopped", "renamed"), {
      minLength: 5,
      maxLength: 5,
    });
    fc.assert(
      fc.property(places, fc.integer({ min: 3, max: 5 }), (fates, voters) => {
        const rendered = fates.flatMap((fate, at): StatefulSet[] => {
          if (fate === "dropped") return [];
          if (fate === "renamed") return [keyedSet(`other-${at}`, at)];
          return [keyedSet(`axon-${at}`, at, fate === "stopped" ? { replicas: 0 } : {})];
        });
        const findings = found({ rendered, live: live(five), voters });
        const expected = fates.flatMap((fate, at) =>
          fate !== "kept" && at < voters ? [`validator-dropped axon-${at}-0`] : [],
        );
        expect(codes(findings)).toEqual(expected);
      }),
      chance(),
    );
  });
});

describe("sets beside the release", () => {
  test("may not run a key of it", () => {
    const stranger = made(keyedSet("hand-made", 0), null);

    expect(codes(found({ rendered: keyedSets(5), live: [stranger] }))).toEqual([
      "one-key-twice StatefulSet hand-made",
    ]);
    expect(codes(found({ rendered: keyedSets(5), live: [made(setOf("x"), null)] }))).toEqual([
      "validator-beside StatefulSet x",
    ]);
    expect(found({ rendered: keyedSets(5), live: [made(setOf("x"), "another")] })).toEqual([]);
    const other = made(keyedSet("x", 6), null);
    expect(found({ rendered: keyedSets(5), live: [other] })).toEqual([]);
  });
});

describe("a chain that begins", () => {
  const hosts = ids(5).map((_, at) => [`axon-${at}-0.axon-peers`, at] as const);

  test("has a place for each validator of its spec", () => {
    const more = [specOf(5), configOf(hosts)];

    expect(found({ rendered: keyedSets(5), more })).toEqual([]);
    expect(codes(found({ rendered: keyedSets(4), more }))).toEqual([
      "validator-unplaced 4 places for 5 validators",
    ]);
    expect(found({ rendered: keyedSets(3), more })).toMatchObject([
      {
        code: "too-few-places",
        level: "error",
        why: expect.stringContaining("3 of 5 votes have one, and 4 commit a block"),
      },
    ]);
  });

  test("of which the spec is a Secret, too", () => {
    const { data, ...spec } = specOf(5);
    const secret = { ...spec, kind: "Secret", stringData: data };

    expect(codes(found({ rendered: keyedSets(3), more: [secret, configOf(hosts)] }))).toEqual([
      "too-few-places 3 places for 5 validators",
    ]);
  });

  test("by number, where nobody says which", () => {
    const at = (replicas: number) =>
      codes(found({ rendered: [setOf("chain", { replicas })], more: [specOf(5)] }));

    expect(at(5)).toEqual(["validator-nameless chain-0, chain-1, chain-2, chain-3, chain-4"]);
    expect(at(3)).toContain("too-few-places 3 places for 5 validators");
  });

  test("may have some elsewhere", () => {
    const away = hosts.map(([host, key]) => [key < 3 ? host : `v${key}.example.org`, key] as const);
    const more = [specOf(5), configOf(away)];

    expect(found({ rendered: keyedSets(3), more })).toEqual([]);
  });
});
