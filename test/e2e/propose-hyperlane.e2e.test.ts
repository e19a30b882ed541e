import { shell } from "../../scripts/tools.ts";
import { openHyperlaneStage } from "./hyperlane-stage.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openHyperlaneStage>>;
beforeAll(async () => {
  stage = await openHyperlaneStage(parts);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const SUCCESS = { conclusion: "success", errors: [] };
const BRANCH = "playbook/hyperlane-production";

const release = () => stage.release({ vars: { PROPOSE: "true" } });
const git = (...args: string[]) => shell("git", ["-C", stage.folder, ...args]);
const pulls = () => stage.world.github.repository("acme/hyperlane").pulls;

test("a release proposes what it has deployed, and nothing else of the repository", async () => {
  await stage.wish(2);

  const { result } = await release();

  expect(ending(result)).toEqual(SUCCESS);
  expect(result.job("hyperlane / Propose").outputs).toEqual({ "pull-request": "1" });
  expect(pulls()).toMatchObject([{ state: "open", head: { branch: BRANCH } }]);
  const changed = await git("diff", "--name-status", "main", BRANCH);
  expect(changed.trim().split("\n")).toEqual([
    "A\tagent-config.json",
    "A\tregistry/chains/alpha/addresses.yaml",
    "A\tregistry/chains/beta/addresses.yaml",
  ]);
}, 300_000);

test("a run that comes before it is merged is told to merge it, and leaves it as it is", async () => {
  const before = await git("rev-parse", BRANCH);

  const { result } = await release();

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors.join("\n")).toContain("by merging its pull request");
  expect(result.job("hyperlane / Propose").conclusion).toBe("success");
  expect(await git("diff", before.trim(), BRANCH)).toBe("");
  expect(await git("rev-parse", BRANCH)).toBe(before);
  expect(pulls()).toHaveLength(1);
}, 300_000);

test("a change of the base branch's files comes to the same pull request", async () => {
  const before = await git("rev-parse", BRANCH);
  await stage.write("agent-config.json", '{ "chains": {} }\n');
  await stage.wish(2);

  await release();

  expect(await git("rev-parse", BRANCH)).not.toBe(before);
  expect((await git("rev-parse", `${BRANCH}^`)).trim()).toBe(
    (await git("rev-parse", "main")).trim(),
  );
  expect(pulls()).toMatchObject([{ state: "open" }]);
}, 300_000);

test("once it is merged, the next plan is empty and there is nothing to propose", async () => {
  await stage.world.github.merge("acme/hyperlane", 1);

  const { result } = await release();

  expect(ending(result)).toEqual(SUCCESS);
  expect(result.job("hyperlane / Plan").outputs).toMatchObject({ steps: "0" });
  expect(result.job("hyperlane / Propose").outputs).toEqual({ "pull-request": "" });
  expect(pulls()).toHaveLength(1);
}, 300_000);

test("no run has left a secret anywhere", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
