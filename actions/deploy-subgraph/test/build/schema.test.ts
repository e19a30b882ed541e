import { buildSchema, graphqlSync } from "graphql";
import {
  breakingChanges,
  SHAPE_QUERY,
  shapeOfAnswer,
  shapeOfSource,
} from "../../src/build/schema.ts";

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

/** As graph-node shows it: with what it adds of itself. */
const API = `
  scalar BigInt
  interface Account { id: ID! }
  enum Kind { SENT RECEIVED }
  enum Token_orderBy { id name transfers }
  enum OrderDirection { asc desc }
  type Token implements Account { id: ID! name: String transfers(first: Int): [Transfer!]! }
  type Transfer { id: ID! amount: BigInt! memo: String kind: Kind! token: Token! }
  input Token_filter { id: ID name: String transfers: [String!] transfers_: Transfer_filter }
  input Transfer_filter { id: ID amount: BigInt memo: String kind: Kind token: String }
  type _Block_ { number: Int! }
  type _Meta_ { block: _Block_! deployment: String! }
  type Query { token(id: ID!): Token tokens(where: Token_filter, orderBy: Token_orderBy): [Token!]! _meta: _Meta_ }`;

const changes = (next: string) => breakingChanges(shapeOfSource(LIVE), shapeOfSource(next));

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
    found: { where: "Token.transfers", what: "is derived now: nobody can filter or order by it" },
  },
])("$change is found", ({ next, found }) => {
  expect(changes(next)).toContainEqual(found);
});

test.each([
  { change: "the same schema", next: LIVE },
  { change: "a new field", next: from("memo: String", "memo: String to: Bytes!") },
  { change: "a new entity", next: `${LIVE} type Peer @entity { id: ID! }` },
  { change: "a new value of an enumeration", next: from("SENT RECEIVED", "SENT RECEIVED BURNT") },
  { change: "a field that is never null any more", next: from("memo: String", "memo: String!") },
  {
    change: "a search",
    next: `${LIVE} type _Schema_ @fulltext(name: "find") { }`.replace("{ }", ""),
  },
])("$change breaks nobody", ({ next }) => {
  expect(changes(next)).toEqual([]);
});

test("what a live subgraph says of itself has the shape of its source", () => {
  const { data } = graphqlSync({ schema: buildSchema(API), source: SHAPE_QUERY });

  expect(shapeOfAnswer(data)).toEqual(shapeOfSource(LIVE));
});

test("a live field that is derived is told from one that is stored", () => {
  const api = API.replace("transfers: [String!] transfers_:", "transfers_:");
  const { data } = graphqlSync({ schema: buildSchema(api), source: SHAPE_QUERY });

  expect(shapeOfAnswer(data).types.get("Token")?.get("transfers")?.isStored).toBe(false);
});
