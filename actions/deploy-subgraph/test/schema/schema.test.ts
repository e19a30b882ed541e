import { graphqlSync, printSchema } from "graphql";
import { apiSchema } from "../../src/schema/api.ts";
import { changesBetween } from "../../src/schema/changes.ts";
import { SOURCE_QUERY, sourceOfAnswer } from "../../src/schema/live.ts";
import { brokenQueries } from "../../src/schema/own-queries.ts";
import { queryNames } from "../../src/schema/plural.ts";
import { readSource } from "../../src/schema/source.ts";

const LIVE = `
  interface Account { id: ID! }
  enum Kind { SENT RECEIVED }
  type Token implements Account @entity { id: ID! name: String transfers: [Transfer!]! }
  type Transfer @entity(immutable: true) {
    id: ID!
    amount: BigInt!
    memo: String
    kind: Kind!
    token: Token!
  }`;

const changes = (next: string) => changesBetween(readSource(LIVE), readSource(next));

const from = (before: string, after: string) => {
  expect(LIVE).toContain(before);
  return LIVE.replace(before, after);
};

test.each([
  {
    change: "a field that is gone",
    next: from("memo: String", ""),
    found: { where: "Transfer.memo", what: "is gone" },
  },
  {
    change: "another type",
    next: from("amount: BigInt!", "amount: BigDecimal!"),
    found: { where: "Transfer.amount", what: "was BigInt! and is BigDecimal!" },
  },
  {
    change: "a field that may be null now",
    next: from("amount: BigInt!", "amount: BigInt"),
    found: { where: "Transfer.amount", what: "was BigInt! and is BigInt" },
  },
  {
    change: "a list whose items may be null now",
    next: from("[Transfer!]!", "[Transfer]!"),
    found: { where: "Token.transfers", what: "was [Transfer!]! and is [Transfer]!" },
  },
  {
    change: "a value in place of a list",
    next: from("[Transfer!]!", "Transfer!"),
    found: { where: "Token.transfers", what: "was [Transfer!]! and is Transfer!" },
  },
  {
    change: "an entity of another name",
    next: LIVE.replaceAll("Transfer", "Movement"),
    found: { where: "Transfer", what: "is gone" },
  },
  {
    change: "a value of an enumeration that is gone",
    next: from("SENT RECEIVED", "SENT"),
    found: { where: "Kind.RECEIVED", what: "is gone" },
  },
  {
    change: "an interface that an entity is no more",
    next: from("Token implements Account", "Token"),
    found: { where: "Token", what: "is no Account any more" },
  },
  {
    change: "a field that nobody can filter by any more",
    next: from("[Transfer!]!", '[Transfer!]! @derivedFrom(field: "token")'),
    found: {
      where: "Token.transfers",
      what: "nobody can filter or order by transfers, transfers_not, transfers_contains, …",
    },
  },
])("$change is found", ({ next, found }) => {
  expect(changes(next).breaking).toContainEqual(found);
  // A type that is called otherwise is gone, and so is what pointed to it: nothing else is told.
  expect(changes(next).breaking).toHaveLength(found.where === "Transfer" ? 2 : 1);
});

test.each([
  { change: "the same schema", next: LIVE },
  { change: "a new field", next: from("memo: String", "memo: String to: Bytes!") },
  { change: "a new entity", next: `${LIVE} type Peer @entity { id: ID! }` },
  { change: "a new value of an enumeration", next: from("SENT RECEIVED", "SENT RECEIVED BURNT") },
  { change: "a field that is never null any more", next: from("memo: String", "memo: String!") },
  {
    change: "a search",
    next: `${LIVE} type _Schema_ @fulltext(name: "find")`,
  },
])("$change breaks nobody", ({ next }) => {
  expect(changes(next).breaking).toEqual([]);
});

test("each change is told with how it counts", () => {
  const next = LIVE.replace("memo: String", "memo: String! to: Bytes")
    .replace("SENT RECEIVED", "SENT RECEIVED BURNT")
    .replace("type Transfer @entity", "type Transfer implements Account @entity")
    .concat("type Peer @entity { id: ID! } enum Side { LEFT }");

  expect(changes(next)).toEqual({
    breaking: [],
    dangerous: [
      { where: "Kind.BURNT", what: "is new" },
      { where: "Transfer", what: "is an Account now" },
    ],
    harmless: [
      { where: "Transfer.memo", what: "was String and is String!" },
      { where: "Transfer.to", what: "is new" },
      { where: "Peer", what: "is new" },
      { where: "Side", what: "is new" },
    ],
  });
});

const SEARCH = `
  type _Schema_ @fulltext(name: "find", language: en, algorithm: rank,
    include: [{ entity: "Token", fields: [{ name: "name" }] }])`;

test("a search that is gone is found, and one that comes breaks nobody", () => {
  const [without, within] = [readSource(LIVE), readSource(LIVE + SEARCH)];
  expect(changesBetween(within, without).breaking).toEqual([
    { where: "Query.find", what: "is gone" },
  ]);
  expect(changesBetween(without, within)).toMatchObject({
    breaking: [],
    harmless: [{ where: "Query.find", what: "is new" }],
  });
});

const STATISTICS = `
  type Point @entity(timeseries: true) { id: Int8! timestamp: Timestamp! pool: Token! price: BigDecimal! }
  type Stats @aggregation(intervals: ["hour", "day"], source: "Point") {
    id: Int8!
    timestamp: Timestamp!
    pool: Token!
    sum: BigDecimal! @aggregate(fn: "sum", arg: "price")
  }`;

test("what a live subgraph says of itself is what its source declares", () => {
  const source = readSource(LIVE + SEARCH + STATISTICS);
  const { data } = graphqlSync({ schema: apiSchema(source), source: SOURCE_QUERY });

  expect(sourceOfAnswer(data)).toEqual(source);
});

test("a live field that is derived is told from one that is stored", () => {
  const derived = LIVE.replace("[Transfer!]!", '[Transfer!]! @derivedFrom(field: "token")');
  const { data } = graphqlSync({ schema: apiSchema(readSource(derived)), source: SOURCE_QUERY });

  const { fields = [] } = sourceOfAnswer(data).types.get("Token") ?? {};
  expect(fields.find(({ name }) => name === "transfers")).toMatchObject({ isDerived: true });
});

test("clients are given what graph-node gives them", () => {
  const api = printSchema(apiSchema(readSource(LIVE + STATISTICS)));

  expect(api).toContain("tokens(skip: Int = 0, first: Int = 100, orderBy: Token_orderBy");
  expect(api).toContain("stats_collection(skip: Int = 0, first: Int = 100, interval:");
  expect(api).toMatch(/enum Transfer_orderBy {[^}]*\n {2}token__name\n/);
  expect(api).toMatch(/input Transfer_filter {[^}]*\n {2}amount_not_in: \[BigInt!\]\n/);
  expect(api).toMatch(/input Transfer_filter {[^}]*\n {2}token_: Token_filter\n/);
  expect(api).toMatch(/input Token_filter {[^}]*\n {2}name_starts_with_nocase: String\n/);
  expect(api).not.toContain("amount_contains");
});

test.each([
  ["Transfer", "transfer", "transfers"],
  ["Delivery", "delivery", "deliveries"],
  ["Stats", "stats", "stats_collection"],
  ["LPToken", "lptoken", "lptokens"],
  ["ERC20Token", "erc20Token", "erc20Tokens"],
  ["TokenBalance", "tokenBalance", "tokenBalances"],
  ["Status", "status", "statuses"],
  ["Box", "box", "boxes"],
  ["pool_day", "poolDay", "poolDays"],
])("a client asks for %s as %s and %s", (type, one, many) => {
  expect(queryNames(type)).toEqual({ one, many });
});

describe("the repository's own queries", () => {
  const query = (text: string) => [{ name: "front", text }];

  test("that still can be asked are no matter", () => {
    const good = "query ($n: Int!) { transfers(first: $n, orderBy: amount) { id token { name } } }";
    expect(brokenQueries(query(good), readSource(LIVE), undefined)).toEqual([]);
  });

  test("that a change breaks are told with what they say, and that they were good before", () => {
    const next = readSource(from("memo: String", ""));
    const asked = query('{ transfers(where: { memo_not: "" }) { id memo } }');

    expect(brokenQueries(asked, next, readSource(LIVE))).toEqual([
      {
        name: "front",
        why: expect.arrayContaining([
          expect.stringContaining('Cannot query field "memo" on type "Transfer"'),
          expect.stringContaining('"memo_not" is not defined by type "Transfer_filter"'),
        ]),
        isLive: true,
      },
    ]);
  });

  test("that never were any are told from those", () => {
    const [broken] = brokenQueries(query("{ nothing }"), readSource(LIVE), readSource(LIVE));
    expect(broken).toMatchObject({ name: "front", isLive: false });
  });
});
