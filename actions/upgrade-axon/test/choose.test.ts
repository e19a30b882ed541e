import { chooseFork, determined } from "../src/fork/choose.ts";

const MINUTE = 60_000;
const schedule = { interval: 1000, prepare: 5 * MINUTE, member: MINUTE, margin: 30 * MINUTE };
const features = ["Andromeda"];
const choice = { head: 1000, features, pending: null, isSettled: false, schedule };

describe("the height of a fork", () => {
  test("is the first that leaves time, unless somebody has given a later one", () => {
    const { height, latest } = chooseFork(choice);

    expect(height).toBe(1000 + 300 + 60 + 1800 + 1);
    expect(latest).toBe(1300);
    expect(chooseFork({ ...choice, given: 9000 }).height).toBe(9000);
  });

  test("that is too near is refused, with the first one that is not", () => {
    const near = () => chooseFork({ ...choice, given: 2000 });

    expect(near).toThrow(
      expect.objectContaining({
        code: "fork-too-near",
        next: expect.stringContaining("block 3161"),
      }),
    );
  });

  test("is the one that an earlier run was preparing, late as it may be, while it is to come", () => {
    const pending = { height: 1200, features };

    expect(chooseFork({ ...choice, pending }).height).toBe(1200);
    expect(chooseFork({ ...choice, pending, given: 1200 }).height).toBe(1200);
    expect(chooseFork({ ...choice, pending: { height: 900, features } }).height).toBe(3161);
    expect(chooseFork({ ...choice, pending: { height: 1200, features: ["Other"] } }).height).toBe(
      3161,
    );
  });

  test("is a later one than it has got too late for, where it is moved", () => {
    const pending = { height: 1200, features };

    expect(chooseFork({ ...choice, pending, isMoved: true }).height).toBe(3161);
  });

  test("stays what it is once the chain has determined it", () => {
    const pending = { height: 1200, features };

    expect(chooseFork({ ...choice, pending, isSettled: true, given: 9000 }).height).toBe(1200);
    expect(determined(features)).toMatchObject({ code: "fork-determined" });
  });
});
