import type { Pull } from "@playbook/world";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { build, openPreviews, type Previews } from "./studio.ts";

let previews: Previews;

beforeAll(async () => {
  previews = await openPreviews();
});
afterAll(() => previews?.end());

let branches = 0;
let runs = 1_000_000;

/** Things that happen to one pull request, each once the store or bucket was written so often. */
const happenings = fc.array(
  fc.record({
    after: fc.nat({ max: 12 }),
    what: fc.constantFrom("deploy", "close", "reopen", "sweep"),
  }),
  { minLength: 1, maxLength: 4 },
);

/** What GitHub and people do while runs are under way; each deploy is of a later run. */
function act(pull: Pull, what: string): Promise<unknown> {
  runs += 1;
  const turn = { run: runs, attempt: 1 };
  if (what === "deploy") return previews.deploy(pull, build(`v${runs}`), {}, { turn });
  if (what === "sweep") return previews.step({ mode: "sweep" }, { turn });
  pull.state = what === "close" ? "closed" : "open";
  return what === "close" ? previews.remove(pull, { turn }) : Promise.resolve();
}

/** Runs a deploy among what happens meanwhile, and waits until all of it is over. */
async function play(pull: Pull, happenings: { after: number; what: string }[]): Promise<void> {
  const under: Promise<unknown>[] = [];
  const left = [...happenings];
  let writes = 0;
  const end = previews.aws.onCall(async ({ operation, phase }) => {
    if (phase !== "before" || !/^(PutObject|PutKey|DeleteKey)$/.test(operation)) return;
    writes += 1;
    const due = left.filter(({ after }) => after <= writes);
    for (const one of due) {
      left.splice(left.indexOf(one), 1);
      under.push(act(pull, one.what));
    }
  });
  under.push(act(pull, "deploy"));
  for (let at = 0; at < under.length; at += 1) await under[at];
  end();
}

/** What is wrong once all is over: of a closed one anything, of an open one what is not whole. */
async function faultsOf(pull: Pull): Promise<string[]> {
  const { status, text } = await previews.page(pull);
  const deployments = previews.deploymentsOf(pull).length;
  if (pull.state === "closed") {
    const files = await previews.files(pull);
    return [
      ...(status === 404 ? [] : [`it shows ${status}`]),
      ...(files.length === 0 ? [] : [`${files.length} files are left`]),
      ...(deployments === 0 ? [] : [`${deployments} deployments are left`]),
    ];
  }
  if (status === 404) return deployments === 0 ? [] : ["a deployment shows nothing"];
  const version = /<body>(\w+)/.exec(text)?.[1] ?? "?";
  const asset = await previews.page(pull, `/assets/index-${version.padEnd(8, "0")}.js`);
  const whole = status === 200 && asset.status === 200 ? [] : [`${version} is not whole`];
  return [...whole, ...(deployments <= 1 ? [] : [`it has ${deployments} deployments`])];
}

test("whatever happens meanwhile, a closed pull request keeps nothing, an open one a whole preview", async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      branches += 1;
      const pull = previews.open(`race-${branches}`);
      await play(pull, all);
      expect(await faultsOf(pull)).toEqual([]);

      pull.state = "open";
      await act(pull, "deploy");
      expect((await previews.page(pull)).text).toContain(`v${runs}`);
      expect(await faultsOf(pull)).toEqual([]);
    }),
    { ...chance(12, 4), endOnFailure: true },
  );
}, 900_000);
