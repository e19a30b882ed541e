import { onceChecked, unlessFirst } from "../src/checked.ts";
import type { Store } from "../src/store.ts";

/** A store that remembers what it is asked. */
function recorded(fail?: Error): { store: Store; told: string[] } {
  const told: string[] = [];
  const answer = async <Value>(asked: string, value: Value) => {
    told.push(asked);
    if (fail) throw fail;
    return value;
  };
  const store: Store = {
    location: "s3://state/ui",
    read: (key) => answer(`read ${key}`, undefined),
    list: (prefix) => answer(`list ${prefix}`, []),
    create: (key) => answer(`create ${key}`, "created"),
  };
  return { store, told };
}

test("a store that is being checked is read at once, and nothing is created in it before", async () => {
  const checking = Promise.withResolvers<void>();
  const { store, told } = recorded();
  const checked = onceChecked(store, checking.promise);

  const created = checked.create("log/1", Buffer.from("1"));
  await checked.read("log/0");
  await checked.list("log/");
  expect(told).toEqual(["read log/0", "list log/"]);

  checking.resolve();
  await expect(created).resolves.toBe("created");
  expect(told.at(-1)).toBe("create log/1");
});

test("a store that is found unfit takes nothing, and says what it is unfit for", async () => {
  const unfit = Promise.reject(new Error("unguarded"));
  unfit.catch(() => {});
  const { store, told } = recorded();
  await expect(onceChecked(store, unfit).create("log/1", Buffer.from("1"))).rejects.toThrow(
    "unguarded",
  );
  expect(told).toEqual([]);
});

test("of a check and a read that both fail the check's words are heard", async () => {
  const denied = new Error("denied");
  const unfit = Promise.reject(new Error("no bucket"));
  unfit.catch(() => {});
  const { store } = recorded(denied);
  await expect(onceChecked(store, unfit).read("log/0")).rejects.toThrow("no bucket");
  await expect(unlessFirst(Promise.resolve(), store.read("log/0"))).rejects.toThrow("denied");
});
