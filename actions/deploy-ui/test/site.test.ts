import { digestOf } from "@playbook/state";
import { beginningOf, stepFor, targetOf, untold } from "../src/decide.ts";
import { after, type Event, NOTHING, releaseOf, type Site } from "../src/site.ts";

const manifestOf = (release: string) => digestOf(release);

const begun = (release: string, order = 1): Event => ({
  kind: "begun",
  ...{ release, manifest: manifestOf(release), order, commit: null, at: 0 },
});
const live = (release: string, previous: string | null = null, at = 0): Event => ({
  kind: "live",
  ...{ release, previous, at },
});
const turning = (from: string, to: string): Event => ({
  kind: "turning",
  ...{ from, to, why: "asked for", failed: false, by: "run 1", at: 0 },
});

const back = (from: string, to: string, failed = false): Event => ({
  kind: "rolled-back",
  ...{ from, to, why: "asked for", failed, by: "run 1", at: 30 },
});

const previous = { to: "previous", by: "run 2" };

const siteAfter = (...events: Event[]): Site => events.reduce(after, NOTHING);

const wanted = (release: string, order = 1, allowOlder = false) => {
  return { release, manifest: manifestOf(release), order, allowOlder, commit: null };
};

const three = siteAfter(
  ...[begun("a", 1), live("a"), begun("b", 2), live("b", "a", 10)],
  ...[begun("c", 3), live("c", "b", 20)],
);

describe("a release", () => {
  test("is made when nothing of it is there", () => {
    expect(stepFor(NOTHING, undefined, wanted("a"))).toBe("make");
    expect(beginningOf(NOTHING, wanted("a"), 5)).toMatchObject({ kind: "begun", release: "a" });
  });

  test("that was begun is gone on with, without beginning again", () => {
    const site = siteAfter(begun("a"));
    expect(stepFor(site, undefined, wanted("a"))).toBe("make");
    expect(beginningOf(site, wanted("a"), 5)).toBeUndefined();
  });

  test("that failed begins again", () => {
    const site = siteAfter(begun("a", 1), begun("b", 2), live("b"));
    expect(beginningOf(site, wanted("a"), 5)).toMatchObject({ kind: "begun" });
  });

  test("that is live is looked at and no more", () => {
    expect(stepFor(three, "c", wanted("c", 3))).toBe("look");
  });

  test("with other files under the same name is refused", () => {
    const other = { ...wanted("c", 3), manifest: digestOf("other") };
    expect(() => stepFor(three, "c", other)).toThrow(
      expect.objectContaining({ code: "release-changed" }),
    );
  });

  test("that was live and is not any more does not come back by its job's running again", () => {
    expect(() => stepFor(three, "c", wanted("b", 2))).toThrow(
      expect.objectContaining({
        code: "release-replaced",
        next: expect.stringContaining("rollback-to: b"),
      }),
    );
  });

  test("older than what is live is refused unless told", () => {
    expect(() => stepFor(three, "c", wanted("d", 2))).toThrow(
      expect.objectContaining({ code: "release-older" }),
    );
    expect(stepFor(three, "c", wanted("d", 2, true))).toBe("make");
    expect(stepFor(three, "c", wanted("d", 3))).toBe("make");
  });

  test("is compared with what is live, not with what was rolled back", () => {
    expect(stepFor(three, "a", wanted("d", 2))).toBe("make");
  });

  test("overtakes what is under way for an older commit", () => {
    const site = siteAfter(begun("a", 1), begun("b", 2), begun("c", 3), live("b"));
    expect(site.releases.map(({ id, status }) => [id, status])).toEqual([
      ["a", "failed"],
      ["b", "done"],
      ["c", "open"],
    ]);
  });
});

describe("going back", () => {
  test("leads to what was live before, and from there to what was before that", () => {
    expect(targetOf(three, "c", previous).id).toBe("b");
    expect(targetOf(three, "b", previous).id).toBe("a");
  });

  test("passes over a release that was gone back from", () => {
    const site = siteAfter(
      ...[begun("a"), live("a"), begun("b"), live("b", "a"), back("b", "a")],
      ...[begun("c"), live("c", "a", 40)],
    );
    expect(targetOf(site, "c", previous).id).toBe("a");
    expect(targetOf(site, "c", { ...previous, to: "b" }).id).toBe("b");
  });

  test("that the same run has begun goes on to the same release", () => {
    const site = after(three, turning("c", "a"));
    expect(targetOf(site, "c", { to: "previous", by: "run 1" }).id).toBe("a");
    expect(targetOf(site, "c", previous).id).toBe("b");
  });

  test("that a run had made when it was killed is not done twice by the next", () => {
    const site = after(three, turning("c", "b"));
    const told = untold(site, "b", 50) as Extract<Event, { kind: "rolled-back" }>;
    expect(targetOf(after(site, told), "b", { ...previous, finished: told }).id).toBe("b");
  });

  test("is done once by a run that runs again", () => {
    const site = after(three, back("c", "b"));
    expect(targetOf(site, "b", { to: "previous", by: "run 1" }).id).toBe("b");
    expect(targetOf(site, "b", previous).id).toBe("a");
  });

  test("from a release that was not served leaves it failed, free to be tried again", () => {
    const site = after(three, back("c", "b", true));
    expect(stepFor(site, "b", wanted("c", 3))).toBe("make");
    expect(beginningOf(site, wanted("c", 3), 40)).toMatchObject({ kind: "begun" });
  });

  test("from the first release is refused", () => {
    const site = siteAfter(begun("a"), live("a"));
    expect(() => targetOf(site, "a", previous)).toThrow(
      expect.objectContaining({ code: "no-release-before" }),
    );
  });

  test("to what was never live is refused, with what there is", () => {
    const site = after(three, begun("d", 4));
    for (const name of ["d", "zzz"]) {
      expect(() => targetOf(site, "c", { ...previous, to: name })).toThrow(
        expect.objectContaining({ code: "release-unknown", next: "There are a, b." }),
      );
    }
  });
});

describe("what the log was not told", () => {
  test("is nothing where store and log agree, or the store is empty", () => {
    expect(untold(three, "c", 50)).toBeUndefined();
    expect(untold(three, undefined, 50)).toBeUndefined();
  });

  test("is that a release went live, with what was live before", () => {
    const site = after(three, begun("d", 4));
    const event = untold(site, "d", 50);
    expect(event).toEqual({ kind: "live", release: "d", previous: "c", at: 50 });
    expect(releaseOf(after(site, event as Event), "d")).toMatchObject({ previous: "c" });
  });

  test("is that a change back was made, with its reason", () => {
    const site = after(three, turning("c", "a"));
    expect(untold(site, "a", 50)).toMatchObject({ kind: "rolled-back", to: "a", why: "asked for" });
  });

  test("is not what somebody has done by hand, or what the store says too late", () => {
    expect(untold(three, "a", 50)).toBeUndefined();
    expect(untold(three, "unknown", 50)).toBeUndefined();
  });
});
