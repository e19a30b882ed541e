import { plural, singular } from "../../src/graph/api-schema.ts";
import { decimal } from "../../src/graph/decimal.ts";
import { commit, type Entities } from "../../src/graph/entities.ts";
import { answerQuery, type Reply } from "../../src/graph/query.ts";
import { readSchema } from "../../src/graph/schema.ts";
import type { Deployment } from "../../src/graph/state.ts";
import type { Entity } from "../../src/graph/value.ts";

const schema = readSchema(`
enum Kind { small large }
type Owner @entity { id: ID!, name: String, boats: [Boat!]! @derivedFrom(field: "owner") }
type Boat @entity(immutable: false) {
  id: Bytes!
  owner: Owner!
  kind: Kind!
  length: BigDecimal!
  price: BigInt!
  tags: [String!]!
}`);

const owner = (id: string, name?: string): Entity => ({
  id: { kind: "string", value: id },
  ...(name && { name: { kind: "string", value: name } }),
});

const boat = (byte: number, of: string, price: bigint, length: number): Entity => ({
  id: { kind: "bytes", value: Uint8Array.of(byte) },
  owner: { kind: "string", value: of },
  kind: { kind: "string", value: length > 10 ? "large" : "small" },
  length: { kind: "decimal", value: decimal(BigInt(length * 10), -1) },
  price: { kind: "bigint", value: price },
  tags: { kind: "array", value: [{ kind: "string", value: `t${byte}` }] },
});

function harbour(): Deployment {
  const entities: Entities = new Map();
  const boats = [boat(1, "ann", 900n, 9.5), boat(2, "bob", 1_000n, 12), boat(171, "ann", 90n, 7)];
  const owners = [owner("ann", "Ann"), owner("bob")];
  const byId = (all: Entity[], id: (entity: Entity) => string) =>
    new Map(all.map((entity) => [id(entity), entity]));
  const hex = ({ id }: Entity) => `0x${Buffer.from(id?.value as Uint8Array).toString("hex")}`;
  commit(entities, new Map([["Owner", byId(owners, ({ id }) => String(id?.value))]]), 3);
  commit(entities, new Map([["Boat", byId(boats, hex)]]), 5);
  commit(entities, new Map([["Boat", new Map([["0x02", undefined]])]]), 8);
  return {
    hash: "Qm1",
    network: "alpha",
    node: "default",
    paused: false,
    synced: true,
    failure: undefined,
    earliest: 2,
    latest: { number: 9, hash: "0x09" },
    created: [],
    entities,
  };
}

const ask = (query: string, deployment = harbour()): Promise<Reply> =>
  answerQuery(deployment, schema, { query });
const data = async (query: string) => (await ask(query)).data;

test.each([
  ["Transfer", "transfer", "transfers"],
  ["Delivery", "delivery", "deliveries"],
  ["Day", "day", "days"],
  ["Box", "box", "boxes"],
  ["DailyData", "dailyData", "dailyDatas"],
  ["Stats", "stats", "stats_collection"],
])("an entity %s is asked for as %s, and several as %s", (type, one, many) => {
  expect([singular(type), plural(type)]).toEqual([one, many]);
});

test("one by its id, whatever the case of its letters, or nothing", async () => {
  expect(await data('{ boat(id: "0xAB") { id } none: boat(id: "0x77") { id } }')).toEqual({
    boat: { id: "0xab" },
    none: null,
  });
});

test("entities lead to what they name, and to what names them", async () => {
  expect(await data("{ boats { owner { name boats { price length } } } }")).toEqual({
    boats: Array(2).fill({
      owner: {
        name: "Ann",
        boats: [
          { price: "900", length: "9.5" },
          { price: "90", length: "7" },
        ],
      },
    }),
  });
});

test("numbers are in the order of numbers, and the rest in that of ids", async () => {
  const was = "block: { number: 7 }";
  expect(await data(`{ boats(${was}, orderBy: price) { price } }`)).toEqual({
    boats: [{ price: "90" }, { price: "900" }, { price: "1000" }],
  });
  expect(await data(`{ boats(${was}, orderBy: kind, orderDirection: desc) { id } }`)).toEqual({
    boats: [{ id: "0xab" }, { id: "0x01" }, { id: "0x02" }],
  });
});

test("a page is what is skipped and how many come first", async () => {
  const page = "{ boats(block: { number: 7 }, skip: 1, first: 1) { id } }";
  expect(await data(page)).toEqual({ boats: [{ id: "0x02" }] });

  const { errors } = await ask("{ boats(first: 1001) { id } }");
  expect(errors?.[0]?.message).toBe("The `first` argument must be between 0 and 1000, but is 1001");
});

test.each([
  ['owner: "ann"', ["0x01", "0xab"]],
  ['owner_not: "ann"', ["0x02"]],
  ["price_gt: 900", ["0x02"]],
  ["price_gte: 900", ["0x01", "0x02"]],
  ["price_lt: 900", ["0xab"]],
  ["price_lte: 900", ["0x01", "0xab"]],
  ['length: "9.50"', ["0x01"]],
  ['id_in: ["0x01", "0x02"]', ["0x01", "0x02"]],
  ['id_not_in: ["0x01", "0x02"]', ["0xab"]],
  ['owner_starts_with: "b"', ["0x02"]],
  ['owner_ends_with: "n"', ["0x01", "0xab"]],
  ['owner_contains: "o"', ["0x02"]],
  ["kind: large", ["0x02"]],
  ['tags_contains: ["t2"]', ["0x02"]],
  ['tags_not_contains: ["t2"]', ["0x01", "0xab"]],
  ['or: [{ owner: "bob" }, { price: 90 }]', ["0x02", "0xab"]],
  ['and: [{ owner: "ann" }, { price_gt: 90 }]', ["0x01"]],
])("where %s", async (where, ids) => {
  expect(await data(`{ boats(block: { number: 7 }, where: { ${where} }) { id } }`)).toEqual({
    boats: ids.map((id) => ({ id })),
  });
});

test("a field that was never set is null, and not what it is compared with", async () => {
  expect(await data("{ owners(where: { name: null }) { id name } }")).toEqual({
    owners: [{ id: "bob", name: null }],
  });
});

test("what a block says of an entity is what it was then", async () => {
  const ids = (block: number) => data(`{ boats(block: { number: ${block} }) { id } }`);

  expect(await ids(4)).toEqual({ boats: [] });
  expect(await ids(5)).toMatchObject({ boats: { length: 3 } });
  expect(await ids(8)).toMatchObject({ boats: { length: 2 } });
});

test.each([
  ["number: 10", /number` value: .*has only indexed up to block number 9/],
  ["number_gte: 10", /number_gte` value: .*has only indexed up to block number 9/],
  ["number: 1", /only has data starting at block number 2/],
])("a block that it does not have (%s) is an error", async (block, message) => {
  const { errors, data } = await ask(`{ boats(block: { ${block} }) { id } }`);

  expect(errors?.[0]?.message).toMatch(message);
  expect(data).toBeUndefined();
});

test("the newest block is told with its hash, one that was asked for without", async () => {
  const meta = (block: string) => data(`{ _meta${block} { block { number hash } } }`);

  expect(await meta("")).toEqual({ _meta: { block: { number: 9, hash: "0x09" } } });
  const then = await meta("(block: { number: 5 })");
  expect(then).toEqual({ _meta: { block: { number: 5, hash: null } } });
});

test("after an error there is no data, but for what came before and what _meta says", async () => {
  const block = { number: 7, hash: "0x07" };
  const failed = { ...harbour(), failure: { message: "no", block, deterministic: true } };
  const errors = [{ message: "indexing_error" }];

  expect(await ask("{ boats { id } }", failed)).toEqual({ errors });
  expect(await ask("{ boats(block: { number: 6 }) { id } }", failed)).toMatchObject({
    data: { boats: { length: 3 } },
  });
  expect(await ask("{ boats { id } _meta { hasIndexingErrors } }", failed)).toEqual({
    data: { _meta: { hasIndexingErrors: true } },
    errors,
  });
});

test("before its first block it answers nothing at all", async () => {
  const { errors } = await ask("{ boats { id } }", { ...harbour(), latest: undefined });

  expect(errors?.[0]?.message).toContain("has not started syncing yet");
});

test("what is no entity is no schema for a subgraph", () => {
  expect(() => readSchema("type Boat { id: ID! }")).toThrow("EntityDirectivesMissing");
});
