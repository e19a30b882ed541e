import { adapt, fill, narrow, openWindow, type Window } from "../src/broadcaster/window.ts";

const counting = (size: number): Window => ({ ...openWindow(size), countsPending: true });

test("doubles when the node holds all that was given to it", () => {
  const given = fill(counting(4), 10, 13);
  expect(adapt(given, { nonce: 10, pending: 14 }, undefined)).toMatchObject({
    size: 8,
    round: null,
  });
});

test("doubles when all that was given is mined at once", () => {
  const given = fill(openWindow(4), 10, 13);
  expect(adapt(given, { nonce: 14, pending: 14 }, undefined).size).toBe(8);
});

test("stays as it is while it was not full, and while the node has not shown all of it", () => {
  expect(adapt(fill(counting(4), 10, 11), { nonce: 10, pending: 12 }, undefined).size).toBe(4);
  const waiting = adapt(fill(counting(4), 10, 13), { nonce: 10, pending: 12 }, undefined);
  expect(waiting).toMatchObject({ size: 4, round: { from: 10, to: 13 } });
});

test("becomes as wide as what the node held when it let some fall, and grows by one from there", () => {
  const lost = adapt(fill(counting(32), 10, 41), { nonce: 26, pending: 26 }, 26);
  expect(lost).toMatchObject({ size: 16, threshold: 16, round: null });

  const grown = adapt(fill(lost, 26, 41), { nonce: 26, pending: 42 }, undefined);
  expect(grown.size).toBe(17);
});

test("is not narrowed by a node that was restarted and lost everything", () => {
  expect(adapt(fill(counting(8), 10, 17), { nonce: 10, pending: 10 }, 10)).toMatchObject({
    size: 8,
    round: null,
  });
});

test("is not narrowed by a node that never counts what its pool holds", () => {
  const given = fill(openWindow(8), 10, 17);
  expect(adapt(given, { nonce: 12, pending: 12 }, 12)).toMatchObject({ size: 8 });
});

test("learns from a single look that pending counts", () => {
  expect(adapt(openWindow(8), { nonce: 1, pending: 2 }, undefined).countsPending).toBe(true);
});

test("is narrowed by a refusal to what the node did take, never to nothing", () => {
  expect(narrow(openWindow(16), 5)).toMatchObject({ size: 5, threshold: 5 });
  expect(narrow(openWindow(16), 0)).toMatchObject({ size: 1, threshold: 1 });
  expect(narrow(openWindow(2), 5).size).toBe(2);
});

test("has an end", () => {
  let window = counting(16);
  for (let round = 0; round < 20; round += 1) {
    window = adapt(fill(window, 0, window.size - 1), { nonce: 0, pending: window.size }, undefined);
  }
  expect(window.size).toBe(512);
});
