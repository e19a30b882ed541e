import fc from "fast-check";
import { holds } from "./simulation/chance.ts";
import { schedules, setups } from "./simulation/schedules.ts";
import { type Command, isPassing, type Setup, Simulation } from "./simulation/simulation.ts";

/** Turns within which a run ends once nothing goes wrong any more; the slowest seen took 304. */
const TURNS = 1_500;

async function simulate(setup: Setup, commands: Command[]): Promise<Simulation> {
  const simulation = new Simulation(setup);
  await simulation.run(commands);
  await simulation.calmDown(TURNS);
  return simulation;
}

const never = fc.constant(false);
const sometimes = fc.nat(5).map((pick) => pick === 0);

test("whatever is killed, raced, lost or taken back, every step takes effect exactly once", async () => {
  await holds(
    "killed, raced, lost, taken back",
    60,
    fc.asyncProperty(setups(never), schedules, async (setup, commands) => {
      const { judge } = await simulate(setup, commands);

      expect(judge.outcome()).toBe("complete");
      judge.demandComplete();
    }),
  );
}, 600_000);

test("a plan with a step that reverts ends as failed, or stops before it, and nothing happens twice", async () => {
  await holds(
    "the same, with steps that revert",
    30,
    fc.asyncProperty(setups(sometimes), schedules, async (setup, commands) => {
      const { judge, endings } = await simulate(setup, commands);

      const reverts = setup.shapes.some((shape) => shape.reverts);
      const stopped = endings.some((one) => "code" in one && one.code === "resume-would-revert");
      if (!stopped) expect(judge.outcome()).toBe(reverts ? "failed" : "complete");
      else expect(reverts).toBe(true);
    }),
  );
}, 600_000);

test("a key that somebody else uses too stops the plan, unless the plan needs the key no more", async () => {
  const place = fc.nat(200);
  // Most telling where a block of ours has just been taken back.
  const before = fc.constantFrom<Command[]>([], [{ do: "reorganise", depth: 1, lose: true }]);
  await holds(
    "the same, and somebody else uses the key",
    30,
    fc.asyncProperty(
      setups(never),
      schedules,
      place,
      before,
      async (setup, commands, at, first) => {
        const foreign: Command[] = [...first, { do: "foreign" }];
        const { judge, endings } = await simulate(setup, commands.toSpliced(at, 0, ...foreign));

        if (judge.outcome()) return judge.demandComplete();
        const last = endings.findLast((one) => !isPassing(one));
        expect(["nonce-used-elsewhere", "key-used-before"]).toContain(
          last && "code" in last ? last.code : last?.outcome,
        );
      },
    ),
  );
}, 600_000);
