import type { Clock } from "@playbook/action";
import { build, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;
let site: TestSite;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  site = await studio.site();
});
afterEach(() => studio.aws.edge.lag());
afterAll(() => studio?.world[Symbol.asyncDispose]());

/** A clock on which waiting takes no time. */
const impatient: Clock = { now: () => Date.now(), sleep: async () => {} };

describe("going back", () => {
  beforeEach(async () => {
    for (const name of ["v1", "v2", "v3"]) await site.release(name, build(name));
    studio.aws.clearCalls();
  });

  test("is one write, and leads to what was live before", async () => {
    const { outputs } = await site.rollback();

    expect(outputs).toMatchObject({ release: "v2", previous: "v3", changed: true, uploaded: 0 });
    expect(await site.shown()).toBe("v2");
    const writes = studio.aws.calls().filter(({ operation }) => operation === "PutKey");
    expect(writes).toHaveLength(1);
    expect((await site.page("/assets/index-v3000000.js")).status).toBe(200);
  });

  test("leads to the release that is named, and forward again", async () => {
    await site.rollback({ "rollback-to": "v1" });
    expect(await site.shown()).toBe("v1");
    await site.rollback({ "rollback-to": "v3" });
    expect(await site.shown()).toBe("v3");
  });

  test("is done once by a run that runs again, and once more by another", async () => {
    await site.rollback({}, "run 7");
    const { outputs } = await site.rollback({}, "run 7");
    expect(outputs).toMatchObject({ release: "v2", changed: false });
    await site.rollback({}, "run 8");
    expect(await site.shown()).toBe("v1");
  });

  test("to what there is not is refused, with what there is", async () => {
    await expect(site.rollback({ "rollback-to": "v9" })).rejects.toMatchObject({
      code: "release-unknown",
      next: "There are v1, v2.",
    });
    await site.rollback({ "rollback-to": "v1" });
    await expect(site.rollback({}, "run 9")).rejects.toMatchObject({ code: "no-release-before" });
  });

  test("is not undone by the release's job running again", async () => {
    await site.rollback();
    await expect(site.release("v3", build("v3"), { order: "3" })).rejects.toMatchObject({
      code: "release-replaced",
    });
    expect(await site.shown()).toBe("v2");
  });
});

describe("two releases at once", () => {
  test("end with one of them live, and the other says so", async () => {
    await site.release("v1", build("v1"));

    const ends = await Promise.allSettled([
      site.release("v2", build("v2"), { order: "5", verify: "0" }),
      site.release("v3", build("v3"), { order: "5", verify: "0" }),
    ]);

    const lost = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
    expect(lost).toEqual([expect.objectContaining({ code: "release-overtaken" })]);
    const winner = ends[0]?.status === "fulfilled" ? "v2" : "v3";
    const loser = winner === "v2" ? "v3" : "v2";
    expect(await site.shown()).toBe(winner);
    expect((await studio.told(site)).filter((entry) => entry.startsWith("live"))).toEqual([
      "live v1",
      `live ${winner}`,
    ]);

    await site.release(loser, build(loser), { order: "5" });
    expect(await site.shown()).toBe(loser);
  });

  test("of one name do its work once", async () => {
    const both = [1, 2].map(() => site.release("v1", build("v1"), { order: "1", verify: "0" }));
    await Promise.allSettled(both);
    await site.release("v1", build("v1"), { order: "1" });
    expect(await studio.told(site)).toEqual(["begun v1", "live v1", "seen v1"]);
  });

  test("one of which a person goes back from leaves what the person wanted", async () => {
    await site.release("v1", build("v1"));
    await site.release("v2", build("v2"));
    let gone: Promise<unknown> | undefined;
    const end = studio.aws.onCall(async ({ operation, target, phase }) => {
      if (gone || phase !== "before" || operation !== "PutObject") return;
      if (!target.includes("index-v3")) return;
      gone = site.rollback({ verify: "0" }, "run 9");
      await gone;
    });

    await expect(site.release("v3", build("v3"), { verify: "0" })).rejects.toMatchObject({
      code: "release-overtaken",
    });

    end();
    expect(await site.shown()).toBe("v1");
  });
});

describe("the write that makes a release live", () => {
  test("is known to have won when its reply is lost", async () => {
    studio.aws.fault({ do: "lose reply", match: { operation: "PutKey" } });
    const { outputs } = await site.release("v1", build("v1"));
    expect(outputs).toMatchObject({ changed: true });
    expect(await studio.told(site)).toEqual(["begun v1", "live v1", "seen v1"]);
  });

  test("is waited for where it has not arrived", async () => {
    await site.release("v1", build("v1"));
    await site.page();
    studio.aws.edge.lag(4, 9);
    await site.release("v2", build("v2"), {}, impatient);
    for (const _ of [1, 2, 3]) expect(await site.shown()).toBe("v2");
  });

  test("is taken back when the site does not show the release, and that is said", async () => {
    await site.release("v1", build("v1"));
    const over = { order: "2", url: "http://127.0.0.1:9" };

    await expect(site.release("v2", build("v2"), over, impatient)).rejects.toMatchObject({
      code: "release-unserved",
      what: expect.stringContaining("v1 is live again"),
      why: expect.stringContaining("does not answer"),
    });

    expect(await site.shown()).toBe("v1");
    expect((await studio.told(site)).slice(3)).toEqual([
      ...["begun v2", "live v2", "turning v1", "rolled-back v1"],
    ]);
    await site.release("v2", build("v2"), { order: "2" });
    expect(await site.shown()).toBe("v2");
  });

  test("of a release that was shown before is not taken back by a job that runs again", async () => {
    await site.release("v1", build("v1"));
    await site.release("v2", build("v2"), { order: "2" });
    const over = { order: "2", url: "http://127.0.0.1:9" };
    await expect(site.release("v2", build("v2"), over, impatient)).rejects.toMatchObject({
      code: "release-unserved",
      what: expect.stringContaining("It stays live"),
    });
    expect(await site.shown()).toBe("v2");
  });

  test("of a first release stays, since there is nothing to go back to", async () => {
    const url = "http://127.0.0.1:9";
    await expect(site.release("v1", build("v1"), { url }, impatient)).rejects.toMatchObject({
      code: "release-unserved",
      what: expect.stringContaining("It stays live"),
    });
    expect(await site.shown()).toBe("v1");
  });
});

describe("what nobody needs any more", () => {
  let time: number;
  const clock: Clock = { now: () => time, sleep: async () => {} };
  const DAY = 25 * 3_600_000;

  const release = async (name: string, over = {}, more = {}) => {
    time += DAY;
    return site.release(name, build(name, more), { keep: "2", ...over }, clock);
  };

  beforeEach(() => {
    time = Date.now();
  });

  test("is deleted, and what a kept release needs is not", async () => {
    for (const name of ["v1", "v2", "v3", "v4"]) await release(name);

    const files = await studio.files(site);
    const of = (name: string) => files.filter((key) => key.includes(name));
    expect(of("v1")).toEqual([]);
    expect(of("v3").length).toBeGreaterThan(0);
    expect(files).toContain("assets/vendor-BCDf1234.js");
    await site.rollback();
    expect(await site.shown()).toBe("v3");
    await expect(site.rollback({ "rollback-to": "v1" })).rejects.toMatchObject({
      code: "release-unknown",
    });
  });

  test("stays for a day after it was live, for pages that are open", async () => {
    for (const name of ["v1", "v2", "v3", "v4"]) {
      time -= DAY - 1_000;
      await release(name);
    }
    expect((await site.page("/assets/index-v1000000.js")).status).toBe(200);
  });

  test("is not counted on by a release that has it again: it waits until the file is gone", async () => {
    await release("v1", {}, { "assets/again-BCDf1234.js": "again" });
    await release("v2");
    let second: ReturnType<typeof site.release> | undefined;
    const waits = Promise.withResolvers<void>();
    const attentive: Clock = {
      now: () => time,
      sleep: async () => {
        waits.resolve();
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
    };
    const end = studio.aws.onCall(async ({ operation, phase }) => {
      if (second || operation !== "DeleteObjects" || phase !== "before") return;
      const files = build("v4", { "assets/again-BCDf1234.js": "again" });
      second = site.release("v4", files, {}, attentive);
      await waits.promise;
    });

    await release("v3");
    const { context } = (await second) ?? {};

    end();
    expect(context?.said.join()).toContain("it is given its time");
    expect(await site.shown()).toBe("v4");
    expect((await site.page("/assets/again-BCDf1234.js")).text).toBe("again");
  });

  test("is deleted by the next run when this one could not", async () => {
    for (const name of ["v1", "v2"]) await release(name);
    studio.aws.fault({ do: "deny", match: { operation: "DeleteObjects" } });
    const { failure } = await release("v3");
    expect(failure).toMatchObject({ code: "access-denied" });
    expect((await studio.files(site)).filter((key) => key.includes("v1"))).not.toEqual([]);

    await release("v4");

    expect((await studio.files(site)).filter((key) => key.includes("v1"))).toEqual([]);
    expect(await site.shown()).toBe("v4");
  });
});
