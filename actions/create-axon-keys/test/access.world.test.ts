import { statements } from "../src/access.ts";
import { openStudio, type Studio, type TestChain } from "./studio.ts";

let studio: Studio;
let chain: TestChain;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  chain = await studio.chain();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

const granted = statements.flatMap(({ actions }) => [...actions]);

test("a run uses every permission of access.yml, and none beside it", async () => {
  studio.aws.clearCalls();

  await chain.step();
  await chain.step();

  const session = chain.role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = studio.aws.calls().filter(({ principal }) => principal.startsWith(session));
  expect(new Set(own.map(({ action }) => action))).toEqual(new Set(granted));
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test.each(granted)("without %s it fails and says so; with it, it goes on", async (permission) => {
  const taken = studio.aws.withoutPermission(chain.role, permission);

  await expect(chain.step()).rejects.toMatchObject({
    code: "access-denied",
    why: expect.stringContaining(permission),
  });

  taken.restore();
  const { outputs } = await chain.step();
  expect(JSON.parse(String(outputs.validators))).toHaveLength(5);
});

test("the keys of another chain are out of reach", async () => {
  const other = await studio.chain();
  await other.step();
  await expect(chain.step({ prefix: other.name })).rejects.toMatchObject({ code: "access-denied" });
});
