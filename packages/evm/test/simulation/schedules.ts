import fc from "fast-check";
import type { Command, Setup, Shape } from "./simulation.ts";

const number = fc.nat(1_000);
const just = <const Value>(value: Value) => fc.constant(value);

const fates = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: just("do") }) },
  { weight: 1, arbitrary: fc.record({ kind: just("fail") }) },
  { weight: 2, arbitrary: fc.record({ kind: just("lose-reply") }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: just("stale"), blocks: fc.integer({ min: 1, max: 4 }) }),
  },
);

const reorganisation = fc.record({
  do: just("reorganise"),
  depth: fc.integer({ min: 1, max: 3 }),
  lose: fc.boolean(),
});

const fee = fc.record({ do: just("fee"), percent: fc.constantFrom(50, 90, 112, 200, 400) });

const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ do: just("go"), pick: number, fate: fates }) },
  { weight: 8, arbitrary: fc.record({ do: just("mine") }) },
  { weight: 3, arbitrary: fc.record({ do: just("start") }) },
  { weight: 2, arbitrary: fc.record({ do: just("kill"), pick: number }) },
  { weight: 2, arbitrary: fc.record({ do: just("drop"), pick: number }) },
  { weight: 2, arbitrary: reorganisation },
  { weight: 2, arbitrary: fee },
);

/** The same, with processes that give the plan up, and with somebody else who has the key. */
const troubled: fc.Arbitrary<Command> = fc.oneof(
  { weight: 80, arbitrary: commands },
  { weight: 2, arbitrary: fc.record({ do: just("start"), as: just("abandon") }) },
  { weight: 1, arbitrary: fc.record({ do: just("foreign") }) },
);

export const troubles = fc.array(troubled, { minLength: 50, maxLength: 300, size: "max" });

/** What happens before everything calms down. */
export const schedules = fc.array(commands, { minLength: 50, maxLength: 300, size: "max" });

/** A plan, a policy and a chain; `reverts` says which steps revert. */
export function setups(reverts: fc.Arbitrary<boolean>): fc.Arbitrary<Setup> {
  const shapes: fc.Arbitrary<Shape> = fc.record({ reverts, waits: fc.boolean(), after: number });
  return fc.record({
    shapes: fc.array(shapes, { minLength: 1, maxLength: 8 }),
    window: fc.integer({ min: 1, max: 8 }),
    finality: fc.integer({ min: 0, max: 3 }),
    poolLimit: fc.constantFrom(1, 2, 4, 100),
    countsPending: fc.boolean(),
    automine: fc.boolean(),
  });
}
