// Breaks things on purpose, for one of the two tools, and says what became of it, a JSON line each:
// node test/faults/run.ts ours|forge [part/parts] [pattern of names]. PLAYBOOK_CLOCK names the
// library that sets forge's clock back; PLAYBOOK_SHOW=1 prints what the runs have said.
import { openArena } from "./arena.ts";
import type { Fault } from "./fault.ts";
import { forge, type Outcome, ours } from "./outcome.ts";
import { faults } from "./table.ts";
import { tell } from "./words.ts";

/** One line of the output. */
export type Told = {
  name: string;
  /** What became of it, in the table's words: ours, or forge's with `--resume`. */
  told: string;
  /** forge's when the same command is given again, where it was not done at once. */
  again?: string;
  ends: string[];
  seconds: number;
};

type Met = Omit<Told, "name" | "seconds">;

const [who, part = "1/1", pattern = ""] = process.argv.slice(2);
const [nth = 1, parts = 1] = part.split("/").map(Number);
const { PLAYBOOK_CLOCK: clock, PLAYBOOK_SHOW: show } = process.env;

await using arena = await openArena();
for (const fault of chosen()) {
  const started = Date.now();
  const met = await meet(fault).catch((error: Error): Met => {
    return { told: `not measured: ${error.message}`, ends: [] };
  });
  const line: Told = { name: fault.name, ...met, seconds: (Date.now() - started) / 1000 };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function chosen(): Fault[] {
  const all = faults.flatMap((area) => area.faults);
  const own = all.filter(({ none }) => who === "ours" || !none);
  const named = own.filter(({ name }) => new RegExp(pattern).test(name));
  return named.filter((_, index) => index % parts === nth - 1);
}

async function meet(fault: Fault): Promise<Met> {
  if (who === "ours") {
    const outcome = await ours(arena, fault);
    return { told: words(outcome), ends: outcome.ends };
  }
  if (fault.setsClock && !clock) return { told: "not measured: it needs a C compiler", ends: [] };
  const resumed = await forge(arena, fault, { resume: true, clock });
  const { ends } = resumed;
  const told = words(resumed);
  if (ends.length === 1 && ends[0] === "done") return { told, ends };
  const again = await forge(arena, fault, { resume: false, clock });
  return { told, again: words(again), ends: [...ends, ...again.ends] };
}

function words(outcome: Outcome): string {
  if (show) process.stderr.write(`${outcome.said.join("\n---\n")}\n`);
  return tell(outcome);
}
