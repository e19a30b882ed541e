import { openBackupStage } from "./backup-stage.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openBackupStage>>;
beforeAll(async () => {
  stage = await openBackupStage(parts);
  expect(ending(await stage.release("v0.3.1"))).toEqual(SUCCESS);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const SUCCESS = { conclusion: "success", errors: [] };

test("a backup is in a bucket that locks it, made by roles of the library's own templates", async () => {
  const result = await stage.backup();

  expect(ending(result)).toEqual(SUCCESS);
  const backup = result.job("axon / Back up").outputs;
  expect(Number(backup.height)).toBeGreaterThan(0);
  const stored = (await stage.world.aws.objects()).map(({ where }) => where);
  expect(stored).toContainEqual(expect.stringContaining(`${backup.backup}/manifest.json`));
}, 300_000);

test("nothing that a run left holds a token or a session", async () => {
  const { world, secrets, runs } = stage;

  expect(await leaksOf({ world: { ...world, secrets }, runs })).toEqual([]);
});
