import { type Postgres, startPostgres } from "@playbook/world";
import { consequencesOf, lossOf } from "../../packages/backup/src/index.ts";

const HASH = `0x${"1".repeat(64)}`;

/** The block that the chain went back to. */
const HEIGHT = 3;

/** What a restore that lost blocks writes for the explorer's database. */
function statements(): string {
  const block = { height: HEIGHT, hash: HASH, stateRoot: HASH, timestamp: 1 };
  const found = consequencesOf(lossOf(block, null), {
    ...{ id: "10012", genesisHash: HASH, block },
  }).find(({ consumer }) => consumer === "Explorer");
  const lines = found?.commands.filter((line) => !line.startsWith("#")) ?? [];
  return lines.join("\n");
}

/*
 * The tables that they touch, with the columns that they touch and the keys and indexes that
 * Blockscout's migrations have made of them.
 */
const TABLES = `
CREATE TABLE addresses (
  hash bytea PRIMARY KEY, contract_code bytea,
  fetched_coin_balance numeric(100), fetched_coin_balance_block_number bigint);
CREATE TABLE blocks (
  hash bytea PRIMARY KEY, number bigint NOT NULL, consensus boolean NOT NULL,
  parent_hash bytea NOT NULL);
CREATE UNIQUE INDEX one_consensus_child_per_parent ON blocks (parent_hash) WHERE consensus;
CREATE UNIQUE INDEX one_consensus_block_at_height ON blocks (number) WHERE consensus;
CREATE TABLE transactions (
  hash bytea PRIMARY KEY, block_hash bytea REFERENCES blocks (hash), block_number integer,
  block_consensus boolean DEFAULT true, created_contract_address_hash bytea);
CREATE TABLE token_transfers (
  transaction_hash bytea NOT NULL REFERENCES transactions (hash) ON DELETE CASCADE,
  block_hash bytea NOT NULL REFERENCES blocks (hash), log_index integer NOT NULL,
  block_number integer, block_consensus boolean DEFAULT true,
  PRIMARY KEY (transaction_hash, block_hash, log_index));
CREATE TABLE smart_contracts (
  id bigserial PRIMARY KEY, name varchar(255) NOT NULL, address_hash bytea NOT NULL UNIQUE);
CREATE TABLE smart_contracts_additional_sources (
  id bigserial PRIMARY KEY,
  address_hash bytea NOT NULL REFERENCES smart_contracts (address_hash) ON DELETE CASCADE);
CREATE TABLE address_coin_balances (
  address_hash bytea, block_number bigint, value numeric(100), PRIMARY KEY (address_hash, block_number));
CREATE TABLE address_token_balances (
  id bigserial PRIMARY KEY, address_hash bytea NOT NULL, block_number bigint NOT NULL,
  token_contract_address_hash bytea NOT NULL, token_id numeric(78), token_type varchar(255),
  value numeric, value_fetched_at timestamp, inserted_at timestamp NOT NULL DEFAULT now(),
  updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE address_current_token_balances (LIKE address_token_balances INCLUDING ALL);
CREATE SEQUENCE current_ids;
ALTER TABLE address_current_token_balances ALTER COLUMN id SET DEFAULT nextval('current_ids');
CREATE UNIQUE INDEX fetched_token_balances ON address_token_balances
  (address_hash, token_contract_address_hash, COALESCE(token_id, -1), block_number);
CREATE UNIQUE INDEX fetched_current_token_balances ON address_current_token_balances
  (address_hash, token_contract_address_hash, COALESCE(token_id, -1));
CREATE TABLE missing_block_ranges (
  id bigserial PRIMARY KEY, from_number integer, to_number integer, priority smallint);`;

/**
 * Five blocks, each with a transaction that makes a contract. Address a has had coins and tokens
 * since block 2, c as well, and b only since block 5.
 */
const CONTENT = `
INSERT INTO blocks SELECT decode('b' || n || '00', 'hex'), n, true, decode('b' || n - 1 || '00', 'hex')
  FROM generate_series(1, 5) n;
INSERT INTO addresses SELECT decode('c' || n, 'hex'), '\\x60' FROM generate_series(1, 5) n;
INSERT INTO transactions SELECT decode('d' || n, 'hex'), hash, n, true, decode('c' || n, 'hex')
  FROM blocks, LATERAL (SELECT number AS n) a;
INSERT INTO token_transfers SELECT hash, block_hash, 0, block_number, true FROM transactions;
INSERT INTO smart_contracts (name, address_hash)
  SELECT 'C' || n, decode('c' || n, 'hex') FROM generate_series(1, 5) n;
INSERT INTO smart_contracts_additional_sources (address_hash)
  SELECT address_hash FROM smart_contracts;
INSERT INTO addresses VALUES
  ('\\x0a', NULL, 70, 5), ('\\x0b', NULL, 30, 5), ('\\x0c', NULL, 20, 2);
INSERT INTO address_coin_balances VALUES
  ('\\x0a', 2, 100), ('\\x0a', 5, 70), ('\\x0b', 5, 30), ('\\x0c', 2, 20), ('\\x0a', 3, NULL);
INSERT INTO address_token_balances
  (address_hash, block_number, token_contract_address_hash, token_id, token_type, value) VALUES
  ('\\x0a', 1, '\\xee', NULL, 'ERC-20', 3), ('\\x0a', 2, '\\xee', NULL, 'ERC-20', 10),
  ('\\x0a', 5, '\\xee', NULL, 'ERC-20', 7), ('\\x0a', 2, '\\xee', 9, 'ERC-1155', 1),
  ('\\x0a', 4, '\\xee', 9, 'ERC-1155', 0), ('\\x0b', 5, '\\xee', NULL, 'ERC-20', 3),
  ('\\x0c', 2, '\\xee', NULL, 'ERC-20', 5), ('\\x0c', 2, '\\xee', 9, 'ERC-1155', 2);
INSERT INTO address_current_token_balances
  (address_hash, block_number, token_contract_address_hash, token_id, token_type, value) VALUES
  ('\\x0a', 5, '\\xee', NULL, 'ERC-20', 7), ('\\x0a', 4, '\\xee', 9, 'ERC-1155', 0),
  ('\\x0b', 5, '\\xee', NULL, 'ERC-20', 3), ('\\x0c', 2, '\\xee', NULL, 'ERC-20', 5);
INSERT INTO missing_block_ranges (from_number, to_number) VALUES (5, 5);`;

let postgres: Postgres;
const rows = async (query: string) => (await postgres.psql(query)).trim().split("\n");

/** All that is there, but for when a row was written. */
async function everything(): Promise<string[]> {
  const tables = [...TABLES.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name);
  const all = await Promise.all(
    tables.map((name) => rows(`SELECT '${name}', t::text FROM ${name} t ORDER BY t::text;`)),
  );
  return all.flat();
}

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.psql(TABLES);
  await postgres.psql(CONTENT);
}, 600_000);
afterAll(() => postgres?.[Symbol.asyncDispose]());

test("nothing of the lost blocks is the chain's any more in Blockscout's database, all else is", async () => {
  await postgres.psql(statements());

  expect(await rows("SELECT number FROM blocks WHERE consensus ORDER BY 1;")).toEqual([
    ...["1", "2", "3"],
  ]);
  for (const table of ["transactions", "token_transfers"]) {
    const kept = `SELECT block_number FROM ${table} WHERE block_consensus ORDER BY 1;`;
    expect(await rows(kept)).toEqual(["1", "2", "3"]);
    expect(await rows(`SELECT count(*) FROM ${table};`)).toEqual(["5"]);
  }
  const contracts = ["C1", "C2", "C3"];
  expect(await rows("SELECT name FROM smart_contracts ORDER BY 1;")).toEqual(contracts);
  expect(
    await rows("SELECT encode(hash, 'hex') FROM addresses WHERE contract_code IS NOT NULL;"),
  ).toEqual(["c1", "c2", "c3"]);
});

test("who has what is as it was at the block that the chain went back to", async () => {
  const coins =
    "SELECT encode(hash, 'hex'), fetched_coin_balance, fetched_coin_balance_block_number " +
    "FROM addresses WHERE length(hash) = 1 AND hash < '\\x10' ORDER BY hash;";
  expect(await rows(coins)).toEqual(["0a,100,2", "0b,,", "0c,20,2"]);
  const tokens =
    "SELECT encode(address_hash, 'hex'), token_id, token_type, value, block_number " +
    "FROM address_current_token_balances ORDER BY 1, 2 NULLS FIRST;";
  expect(await rows(tokens)).toEqual(["0a,,ERC-20,10,2", "0a,9,ERC-1155,1,2", "0c,,ERC-20,5,2"]);
});

test("said twice, it changes nothing", async () => {
  const before = await everything();

  await postgres.psql(statements());

  expect(await everything()).toEqual(before);
});
