import { DRILLS, openBackupStage, SECOND } from "./backup-stage.ts";
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

let backup: Record<string, string>;

test("a backup is in a bucket that locks it, made by roles of the library's own templates", async () => {
  const result = await stage.backup();

  expect(ending(result)).toEqual(SUCCESS);
  backup = result.job("axon / Back up").outputs;
  expect(Number(backup.height)).toBeGreaterThan(0);
  const stored = (await stage.world.aws.objects()).map(({ where }) => where);
  expect(stored).toContainEqual(expect.stringContaining(`${backup.backup}/manifest.json`));
}, 300_000);

test("a drill restores that backup without keys, says how old it is, and leaves nothing", async () => {
  const result = await stage.drill();

  expect(ending(result)).toEqual(SUCCESS);
  const { outputs } = result.job("axon / Drill");
  expect(outputs).toMatchObject({ result: "passed", backup: backup.backup });
  expect(Number(outputs.age)).toBeGreaterThan(0);
  expect(Number(outputs["lost-blocks"])).toBeGreaterThan(0);
  const claims = `/api/v1/namespaces/${DRILLS}/persistentvolumeclaims`;
  expect(await stage.cluster.api.list(claims)).toEqual([]);
  expect(await stage.cluster.api.list(`/api/v1/namespaces/${DRILLS}/pods`)).toEqual([]);
}, 300_000);

test("an upgrade sees that backup, and replaces one validator after the other", async () => {
  const result = await stage.upgrade("v0.3.2");

  expect(ending(result)).toEqual(SUCCESS);
  const { outputs } = result.job("axon / Apply");
  expect(outputs).toMatchObject({ outcome: "done", version: "v0.3.2" });
}, 300_000);

test("a restore names what is lost, and with a person's word brings the chain up elsewhere", async () => {
  const { api } = stage.cluster;
  for (const { metadata, data } of await api.list("/api/v1/namespaces/axon/secrets")) {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: metadata.name }, data };
    if (metadata.name.endsWith("-keys")) {
      await api.create(`/api/v1/namespaces/${SECOND}/secrets`, secret);
    }
  }
  const refused = await stage.restore();
  expect(ending(refused).conclusion).toBe("failure");
  const said = refused.job("axon / Plan").steps.map(({ summary }) => summary);
  expect(said.join()).toContain(`accept-loss: ${backup.height}`);
  expect(refused.job("axon / Apply").conclusion).toBe("skipped");

  const result = await stage.restore({ "accept-loss": backup.height ?? "" });

  expect(ending(result)).toEqual(SUCCESS);
  const { outputs } = result.job("axon / Apply");
  expect(outputs).toMatchObject({ backup: backup.backup });
  expect(Number(outputs.height)).toBeGreaterThan(Number(backup.height));
  expect(JSON.parse(outputs.consequences ?? "[]")).not.toEqual([]);
  const old = (await api.list("/api/v1/namespaces/axon/pods")).filter(
    ({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === "validator",
  );
  expect(old).toEqual([]);
}, 600_000);

test("nothing that a run left holds a token or a session", async () => {
  const { world, secrets, runs } = stage;

  expect(await leaksOf({ world: { ...world, secrets }, runs })).toEqual([]);
});
