import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { schemaFlaws } from "../src/helm.ts";
import type { Keeper } from "../src/objects.ts";
import { decode, encode, lastGood, valuesIn } from "../src/release.ts";

test.each(["secret", "configmap"] as const)(
  "a %s's record is read as it was written",
  async (driver) => {
    const record = fc.record({ name: fc.string(), info: fc.object() });
    await fc.assert(
      fc.asyncProperty(record, async (content) => {
        const plain = JSON.parse(JSON.stringify(content));
        expect(await decode(driver, await encode(driver, plain))).toEqual(plain);
      }),
      chance(),
    );
  },
);

const revisions = (...statuses: string[]) =>
  statuses.map((status, index) => ({ revision: index + 1, status }) as never);

test.each([
  { statuses: ["deployed"], good: 1 },
  { statuses: ["superseded", "deployed", "failed"], good: 2 },
  { statuses: ["deployed", "pending-upgrade"], good: 1 },
  { statuses: ["superseded", "pending-rollback"], good: 1 },
  { statuses: ["superseded", "failed", "superseded", "failed"], good: 3 },
  { statuses: ["deployed", "superseded"], good: 1 },
  { statuses: ["failed", "pending-install"], good: undefined },
  { statuses: [], good: undefined },
])("of $statuses the last good revision is $good", ({ statuses, good }) => {
  expect((lastGood(revisions(...statuses)) as { revision: number } | undefined)?.revision).toBe(
    good,
  );
});

test("Helm's words about a schema are read, of Helm 3 and of Helm 4", () => {
  const words = "values don't meet the specifications of the schema(s) in the following chart(s):";
  const three = `Error: ${words}\nheld:\n- tag: Invalid type. Expected: string, given: integer\n`;
  const four = `Error: ${words}\nheld:\n- at '/tag': got number, want string\n\n`;

  expect(schemaFlaws(three)).toEqual(["tag: Invalid type. Expected: string, given: integer"]);
  expect(schemaFlaws(four)).toEqual(["at '/tag': got number, want string"]);
  expect(schemaFlaws("Error: something else\n- not a flaw")).toEqual([]);
});

test("the values of a record are those that somebody gave, and none where nobody gave any", async () => {
  const recordOf = async (content: object): Promise<Keeper> => ({
    ...{ apiVersion: "v1", kind: "ConfigMap" },
    metadata: { name: "sh.helm.release.v1.a.v1" } as Keeper["metadata"],
    data: { release: await encode("configmap", content) },
  });
  const config = { chains: { axon: { mailbox: "0x1" } } };
  expect(await valuesIn(await recordOf({ name: "a", config }))).toEqual(config);
  expect(await valuesIn(await recordOf({ name: "a", config: null }))).toEqual({});
});
