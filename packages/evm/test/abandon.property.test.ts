import fc from "fast-check";
import { holds } from "./simulation/chance.ts";
import { schedules, setups, troubles } from "./simulation/schedules.ts";
import { type Command, type Setup, Simulation } from "./simulation/simulation.ts";

/** Turns within which a run ends once nothing goes wrong any more. */
const TURNS = 1_500;

const sometimes = fc.nat(5).map((pick) => pick === 0);

/** Everything that goes wrong, then one more process that gives the plan up. */
async function givenUp(setup: Setup, commands: Command[]): Promise<Simulation> {
  const simulation = new Simulation(setup);
  await simulation.run(commands);
  await simulation.calmDown(TURNS, "abandon");
  return simulation;
}

test("a plan that is given up at any moment leaves no bytes that could still take effect", async () => {
  await holds(
    "killed, raced, lost, taken back, then given up",
    25,
    fc.asyncProperty(setups(sometimes), schedules, async (setup, commands) => {
      const { judge, endings } = await givenUp(setup, commands);

      judge.demandUsedUp();
      expect(endings.findLast(({ role }) => role === "abandon")).toHaveProperty("outcome");
    }),
  );
}, 600_000);

test("also when several give it up, others go on with it, and somebody else uses the key", async () => {
  await holds(
    "given up by several, while others go on and the key is used",
    40,
    fc.asyncProperty(setups(sometimes), troubles, async (setup, commands) => {
      const { judge, endings } = await givenUp(setup, commands);

      judge.demandUsedUp();
      expect(endings.findLast(({ role }) => role === "abandon")).toHaveProperty("outcome");
    }),
  );
}, 600_000);
