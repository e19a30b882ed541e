import { inLanes, turnsOf } from "../../scripts/test/long.ts";

const files = Array.from({ length: 40 }, (_, at) => `${at}.long.test.ts`);

test("a commit's order has every file once, and is the same each time", () => {
  const order = turnsOf(files, "abc");
  expect(order.toSorted()).toEqual(files.toSorted());
  expect(turnsOf(files.toReversed(), "abc")).toEqual(order);
});

test("over a few commits, each file is among the first", () => {
  const commits = Array.from({ length: 60 }, (_, at) => `commit ${at}`);
  const first = commits.flatMap((commit) => turnsOf(files, commit).slice(0, 8));
  expect(new Set(first).size).toBe(files.length);
});

test("all files run, as many at once as there are lanes", async () => {
  let [now, most] = [0, 0];
  const run = async (file: string) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    return file;
  };
  const { outcomes, left } = await inLanes(files, 3, () => true, run);

  expect(outcomes.toSorted()).toEqual(files.toSorted());
  expect({ left, most }).toEqual({ left: [], most: 3 });
});

test("once no more may be begun, those that have begun end, and the others are left", async () => {
  let begun = 0;
  const run = async (file: string) => {
    begun += 1;
    return file;
  };
  const { outcomes, left } = await inLanes(files, 2, () => begun < 5, run);

  expect(outcomes).toEqual(files.slice(0, 5));
  expect(left).toEqual(files.slice(5));
});
