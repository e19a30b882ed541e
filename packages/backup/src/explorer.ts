import type { Chain, Consequence } from "./consequences.ts";

/**
 * What Blockscout's database needs: what Blockscout does itself with a block that loses its
 * consensus (`Explorer.Chain.Import.Runner.Blocks`), for all that were lost at once.
 */
export function explorer({ block: { height } }: Chain): Consequence {
  return {
    consumer: "Explorer",
    when: "after",
    why:
      `It shows blocks after ${height}, and what they did, as the chain's. ` +
      "Blockscout gives one up only for another of the same height that it fetches, " +
      "and it fetches no height that it has.",
    commands: [
      "# In Blockscout's database, with all of Blockscout " +
        "stopped, what it does itself with a block",
      "# that loses its consensus:",
      ...statements(`> ${height}`).trim().split("\n"),
      "# Then start it: it looks for missing blocks from the " +
        "chain's head on, and the lost ones' other",
      "# traces go as the new ones of their heights come. Contracts that were deployed in the lost",
      "# blocks are verified anew as they are released anew.",
    ],
  };
}

const statements = (lost: string): string => `
BEGIN;
DELETE FROM smart_contracts WHERE address_hash IN (
  SELECT created_contract_address_hash FROM transactions WHERE block_number ${lost});
UPDATE addresses SET contract_code = NULL WHERE hash IN (
  SELECT created_contract_address_hash FROM transactions WHERE block_number ${lost});
UPDATE blocks SET consensus = false WHERE number ${lost} AND consensus;
UPDATE transactions SET block_consensus = false WHERE block_number ${lost} AND block_consensus;
UPDATE token_transfers SET block_consensus = false WHERE block_number ${lost} AND block_consensus;
DELETE FROM address_coin_balances WHERE block_number ${lost};
UPDATE addresses a
  SET fetched_coin_balance = b.value, fetched_coin_balance_block_number = b.block_number
  FROM addresses o LEFT JOIN LATERAL (
    SELECT value, block_number FROM address_coin_balances
    WHERE address_hash = o.hash AND value IS NOT NULL ORDER BY block_number DESC LIMIT 1) b ON true
  WHERE a.hash = o.hash AND a.fetched_coin_balance_block_number ${lost};
DELETE FROM address_token_balances WHERE block_number ${lost};
CREATE TEMP TABLE gone ON COMMIT DROP AS
  SELECT address_hash, token_contract_address_hash, token_id
  FROM address_current_token_balances WHERE block_number ${lost};
DELETE FROM address_current_token_balances WHERE block_number ${lost};
INSERT INTO address_current_token_balances (
    address_hash, token_contract_address_hash, token_id, token_type, block_number,
    value, value_fetched_at, inserted_at, updated_at)
  SELECT DISTINCT ON (address_hash, token_contract_address_hash, COALESCE(b.token_id, -1))
    address_hash, token_contract_address_hash, b.token_id, token_type, block_number,
    value, value_fetched_at, now(), now()
  FROM address_token_balances b JOIN gone USING (address_hash, token_contract_address_hash)
  WHERE b.token_id IS NOT DISTINCT FROM gone.token_id
  ORDER BY address_hash, token_contract_address_hash, COALESCE(b.token_id, -1), block_number DESC;
DELETE FROM missing_block_ranges;
COMMIT;`;
