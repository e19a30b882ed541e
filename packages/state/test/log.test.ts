import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStore } from "../src/folder.ts";
import { Log, LogLost } from "../src/log.ts";
import type { Store } from "../src/store.ts";

type Note = { note: string };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-"));
});
afterEach(() => rm(folder, { recursive: true }));

function logOn(store: Store, writer: string, checkpoint?: string): Log<Note> {
  return new Log<Note>({
    store,
    prefix: "notes/a",
    format: "test.note",
    version: 1,
    writer,
    parse: (body) => {
      if (typeof (body as Note).note !== "string") throw new Error("no note");
      return body as Note;
    },
    isCheckpoint: ({ note }) => note === checkpoint,
    clock: { sleep: () => Promise.resolve() },
  });
}

const notes = async (log: Log<Note>) => (await log.read()).map((entry) => entry.note);

/** A folder whose replies can be lost, or whose writes can fail, as a test says. */
function shaky(faults: ("lose reply" | "fail")[]): Store {
  const store = folderStore(folder);
  return {
    ...store,
    create: async (key, bytes) => {
      const fault = faults.shift();
      if (fault === "fail") throw new Error("connection reset");
      const done = await store.create(key, bytes);
      if (fault === "lose reply") throw new Error("time-out");
      return done;
    },
  };
}

test("entries are read back in order, by whoever comes next", async () => {
  const log = logOn(folderStore(folder), "one");
  await log.append({ note: "a" });
  await log.append({ note: "b" });

  const next = logOn(folderStore(folder), "two");
  expect(await notes(next)).toEqual(["a", "b"]);
  await next.append({ note: "c" });
  expect(await notes(log)).toEqual(["a", "b", "c"]);
});

test("of two writers of one index one wins, and the other is told", async () => {
  const [one, two] = [logOn(folderStore(folder), "one"), logOn(folderStore(folder), "two")];

  const results = await Promise.allSettled([
    one.append({ note: "mine" }),
    two.append({ note: "mine" }),
  ]);

  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const lost = results.find(({ status }) => status === "rejected") as PromiseRejectedResult;
  expect(lost.reason).toBeInstanceOf(LogLost);
});

test("a write whose reply is lost is known again as our own", async () => {
  const log = logOn(shaky(["lose reply"]), "one");

  await log.append({ note: "a" });

  expect(await notes(logOn(folderStore(folder), "two"))).toEqual(["a"]);
});

test("a write that never arrived is made again", async () => {
  const log = logOn(shaky(["fail", "fail"]), "one");

  await log.append({ note: "a" });

  expect(await notes(log)).toEqual(["a"]);
});

test("a state that cannot be read allows nothing", async () => {
  const store = folderStore(folder);
  const dark: Store = {
    ...store,
    create: () => Promise.reject(new Error("reset")),
    read: () => Promise.reject(new Error("reset")),
  };

  await expect(logOn(dark, "one").append({ note: "a" })).rejects.toMatchObject({
    code: "state-unreachable",
  });
});

test("reading starts at the last checkpoint", async () => {
  const log = logOn(folderStore(folder), "one");
  for (let index = 0; index < 40; index += 1) {
    await log.append({ note: index % 10 === 7 ? "sum" : `n${index}` });
  }

  expect(await notes(logOn(folderStore(folder), "two", "sum"))).toEqual(["sum", "n38", "n39"]);
});

test.each([
  { says: "a changed entry", index: 1, edit: (text: string) => text.replace('"b"', '"B"') },
  { says: "half an entry", index: 2, edit: (text: string) => text.slice(0, 20) },
  { says: "an entry of something else", index: 2, edit: () => '{"format":"other"}' },
])("$says stops everything", async ({ index, edit }) => {
  const log = logOn(folderStore(folder), "one");
  for (const note of ["a", "b", "c"]) await log.append({ note });
  const path = join(folder, "notes/a", `000000000${index}.json`);
  await writeFile(path, edit(await readFile(path, "utf8")));

  await expect(log.read()).rejects.toMatchObject({ code: "log-torn" });
});

test("reading on gives what others have added, once, and appends follow it", async () => {
  const [one, two] = [logOn(folderStore(folder), "one"), logOn(folderStore(folder), "two")];
  await one.append({ note: "a" });
  await two.read();
  for (const note of ["b", "c"]) await one.append({ note });

  const added = async () => (await two.readOn()).map(({ note }) => note);
  expect(await added()).toEqual(["b", "c"]);
  expect(await added()).toEqual([]);
  await two.append({ note: "d" });
  expect(await notes(one)).toEqual(["a", "b", "c", "d"]);
});

test("reading on stops at an entry that does not follow what was read before", async () => {
  const [one, two] = [logOn(folderStore(folder), "one"), logOn(folderStore(folder), "two")];
  await one.append({ note: "a" });
  await two.read();
  await rm(join(folder, "notes/a"), { recursive: true });
  const other = logOn(folderStore(folder), "three");
  for (const note of ["x", "y"]) await other.append({ note });

  await expect(two.readOn()).rejects.toMatchObject({ code: "log-torn" });
});

/** A store with so many objects of a log; each says no more than its own place. */
function long(length: number): Store {
  const key = (index: number) => `notes/a/${String(index).padStart(10, "0")}.json`;
  const keys = Array.from({ length }, (_, index) => key(index));
  return {
    location: "memory",
    create: () => Promise.reject(new Error("It is only read.")),
    read: async (key) => {
      const index = keys.indexOf(key);
      if (index < 0) return undefined;
      const header = { format: "test.note", version: 1, index, previous: index ? "before" : null };
      return Buffer.from(JSON.stringify({ ...header, writer: "past", note: "sum" }));
    },
    list: async (_, after = "", most = length) =>
      keys.slice(keys.findLastIndex((key) => key <= after) + 1).slice(0, most),
  };
}

test.each([0, 1, 999, 1_000, 1_001, 1_999, 2_000, 2_001, 3_000, 4_096, 7_777, 31_000])(
  "the end of a log of %i entries is found",
  async (length) => {
    const log = logOn(long(length), "reader", "sum");
    expect(await log.read()).toHaveLength(length === 0 ? 0 : 1);
    expect(log.next).toBe(length);
  },
);

test("a missing entry stops everything", async () => {
  const log = logOn(folderStore(folder), "one");
  for (const note of ["a", "b", "c"]) await log.append({ note });
  await rm(join(folder, "notes/a", "0000000001.json"));

  await expect(log.read()).rejects.toMatchObject({ code: "log-torn" });
});

test("an older release refuses what a newer one wrote", async () => {
  const log = logOn(folderStore(folder), "one");
  await log.append({ note: "a" });
  const path = join(folder, "notes/a", "0000000000.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"version":1', '"version":2'));

  await expect(log.read()).rejects.toMatchObject({ code: "log-too-new" });
});

test("a folder keeps whole objects and nothing else", async () => {
  const store = folderStore(folder);
  await store.create("a/b", Buffer.from("1"));

  expect(await store.create("a/b", Buffer.from("2"))).toBe("taken");
  expect(Buffer.from((await store.read("a/b")) ?? "").toString()).toBe("1");
  expect(await store.read("a/c")).toBeUndefined();
  expect(await readdir(join(folder, "a"))).toEqual(["b"]);
  expect(await store.list("a/")).toEqual(["a/b"]);
  expect(await store.list("a/", "a/b")).toEqual([]);

  for (const key of ["a/c", "a/d"]) await store.create(key, Buffer.from("3"));
  expect(await store.list("a/", "a/b", 1)).toEqual(["a/c"]);
});
