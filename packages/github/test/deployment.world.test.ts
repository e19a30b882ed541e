import { contextForTests } from "@playbook/action/testing";
import type { Permissions } from "@playbook/world";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
let library: typeof import("../src/index.ts");

const owner = "khalani";
const rights: Permissions = { deployments: "write", "pull-requests": "read", actions: "read" };

beforeAll(async () => {
  stage = await openStage();
  library = await import("../src/index.ts");
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const orderOf = (release: string) => Number(release.split("-").at(-1));

function repositoryOf(name: string, permissions = rights) {
  const repository = `${owner}/${name}`;
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const context = contextForTests({ clock });
  const octokit = library.connect(stage.github.token(permissions, repository), context);
  const at = { repository, environment: "preview", site: "app" };
  const keep = (pull: number, order: number) => {
    const told = { sha: "a".repeat(40), url: `https://pr-${pull}.example`, log: "https://log" };
    const preview = { ...at, ...told, pull, release: `r-${order}` };
    return library.keepDeployment(octokit, preview, orderOf, context);
  };
  const { deployments, environments } = stage.github.repository(repository);
  return { repository, octokit, at, keep, deployments, environments };
}

test("each pull request has one deployment, that of its latest preview", async () => {
  const { keep, deployments } = repositoryOf("one");
  await keep(7, 1);
  await keep(8, 2);
  await keep(7, 3);

  expect(deployments).toMatchObject([
    { task: "preview:app:pr-8", payload: { release: "r-2" }, statuses: [{ state: "success" }] },
    {
      ...{ task: "preview:app:pr-7", payload: { pull: 7, release: "r-3" }, isTransient: true },
      statuses: [{ state: "success", environmentUrl: "https://pr-7.example" }],
    },
  ]);
});

test("the same again changes nothing", async () => {
  const { keep, deployments } = repositoryOf("same");
  await keep(7, 1);
  const before = JSON.stringify(deployments);
  await keep(7, 1);
  expect(JSON.stringify(deployments)).toBe(before);
});

test("an older preview that comes late leaves the newer one's", async () => {
  const { keep, deployments } = repositoryOf("late");
  await keep(7, 5);
  await keep(7, 4);
  expect(deployments).toMatchObject([{ payload: { release: "r-5" } }]);
});

test("a reply that is lost was a deployment all the same", async () => {
  const { keep, deployments } = repositoryOf("lost");
  stage.github.fault({ do: "lose-reply", method: "POST", path: "/deployments" });
  await keep(7, 1);
  expect(deployments).toHaveLength(1);
});

test("those that are gone go, active ones too, and others stay", async () => {
  const { keep, deployments, octokit, at } = repositoryOf("gone");
  await keep(7, 1);
  await keep(8, 2);
  // GitHub gives a payload back as an object or as its text.
  for (const one of deployments) one.payload = JSON.stringify(one.payload);

  const gone = await library.removeDeployments(octokit, { ...at, pull: 7 }, () => true);

  expect(gone).toBe(1);
  expect(deployments).toMatchObject([{ task: "preview:app:pr-8" }]);
  expect(await library.removeDeployments(octokit, { ...at, pull: 7 }, () => true)).toBe(0);
});

test("another site's previews are left alone", async () => {
  const { keep, deployments, octokit, at } = repositoryOf("sites");
  await keep(7, 1);
  const other = { ...at, site: "docs", pull: 7 };
  expect(await library.removeDeployments(octokit, other, () => true)).toBe(0);
  expect(await library.deploymentsOf(octokit, { ...at, site: "docs" })).toEqual([]);
  expect(deployments).toHaveLength(1);
});

test("a repository's own deployments are no previews", async () => {
  const { octokit, at, deployments, repository } = repositoryOf("own");
  const [name = "", repo = ""] = repository.split("/");
  const made = { owner: name, repo, ref: "main", environment: "preview", required_contexts: [] };
  await octokit.rest.repos.createDeployment(made);
  expect(await library.deploymentsOf(octokit, at)).toEqual([]);
  expect(deployments).toHaveLength(1);
});

test("a token without the right is told which one it lacks", async () => {
  const { keep } = repositoryOf("rights", { deployments: "read" });
  await expect(keep(7, 1)).rejects.toMatchObject({
    code: "permission-missing",
    why: expect.stringContaining("deployments: write"),
  });
});

test("a pull request is open, closed or not there", async () => {
  const { repository, octokit } = repositoryOf("states");
  const pull = stage.github.openPull(repository, {});
  const state = (number: number) => library.stateOfPull(octokit, { repository, number });
  expect(await state(pull.number)).toBe("open");
  pull.state = "closed";
  expect(await state(pull.number)).toBe("closed");
  expect(await state(99)).toBe("missing");
});

test("an environment has reviewers only if somebody has added some", async () => {
  const { repository, octokit, environments } = repositoryOf("reviewed");
  const asked = (environment: string) => library.hasReviewers(octokit, { repository, environment });
  expect(await asked("preview forks")).toBe(false);
  environments.set("preview forks", {});
  expect(await asked("preview forks")).toBe(false);
  environments.set("preview forks", { reviewers: true });
  expect(await asked("preview forks")).toBe(true);
});
