import { turns } from "../src/turns.ts";

/** Work that ends when it is told to, and counts how much of it runs at once. */
function gate() {
  const ends: (() => void)[] = [];
  const seen = { running: 0, most: 0, order: [] as number[] };
  const work = (name: number) => async () => {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    seen.order.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
    seen.running -= 1;
    return name;
  };
  return { work, seen, endOne: () => ends.shift()?.() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("no more than allowed run at once, in the order in which they came", async () => {
  const { work, seen, endOne } = gate();
  const inTurn = turns(3);
  const all = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((name) => inTurn(work(name))));

  for (let ended = 0; ended < 8; ended += 1) {
    await settled();
    endOne();
  }

  expect(await all).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(seen).toMatchObject({ most: 3, order: [0, 1, 2, 3, 4, 5, 6, 7] });
});

test("who comes while a place is handed over does not get in beside the one who waited", async () => {
  const { work, seen, endOne } = gate();
  const inTurn = turns(1);
  const first = inTurn(work(0));
  const second = inTurn(work(1));
  await settled();

  endOne();
  const third = first.then(() => inTurn(work(2)));
  for (let ended = 0; ended < 3; ended += 1) {
    await settled();
    endOne();
  }

  await Promise.all([first, second, third]);
  expect(seen).toMatchObject({ most: 1, order: [0, 1, 2] });
});

test("work that fails gives its place back", async () => {
  const inTurn = turns(1);
  const failing = inTurn(async () => {
    throw new Error("no");
  });

  await expect(failing).rejects.toThrow("no");
  await expect(inTurn(async () => "next")).resolves.toBe("next");
});
