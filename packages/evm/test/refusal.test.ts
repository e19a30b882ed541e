import { judgeRefusal, saysItFails } from "../src/refusal.ts";

type Row = [string, string];

/** The words of each client's own source, with the client that says them. */
const KNOWN: Row[] = [
  ["geth", "already known"],
  ["anvil", "transaction already imported"],
  ["nethermind", "AlreadyKnown"],
  ["besu", "Known transaction"],
  ["erigon", "ALREADY_EXISTS: already known"],
  ["erigon", "INTERNAL_ERROR: existing tx with same hash"],
  ["erigon 3", "existing txn with same hash"],
  ["openethereum", "Transaction with the same hash was already imported."],
  ["zkSync", "known transaction. transaction with hash 0x12 is already in the system"],
  ["frontier", "submit transaction to pool failed: Pool(AlreadyImported)"],
];

const NONCE_SPENT: Row[] = [
  ["geth", "nonce too low: next nonce 4, tx nonce 3"],
  ["geth, old", "nonce too low"],
  ["nethermind", "OldNonce, Current nonce: 22, nonce of rejected tx: 17"],
  ["besu", "Nonce too low"],
  ["openethereum", "Transaction nonce is too low. Try incrementing the nonce."],
  ["arbitrum", "invalid transaction nonce"],
  [
    "avalanche",
    "nonce too low: address 0x0499BEA33347cb62D79A9C0b1EDA01d8d329894c " +
      "current nonce (5833) > tx nonce (5511)",
  ],
  ["zkSync", "nonce too low. allowed nonce range: 427 - 447, actual: 426"],
  ["frontier", "submit transaction to pool failed: Pool(Stale)"],
  ["harmony", "transaction already finalized"],
  ["conflux", "Transaction 0x84 is discarded due to a too stale nonce"],
];

const TOO_EARLY: Row[] = [
  ["geth and reth", "txpool is full"],
  ["geth", "account limit exceeded: pooled 16 txs"],
  ["geth", "in-flight transaction limit reached for delegated accounts"],
  ["geth", "gapped-nonce tx from delegated accounts"],
  ["geth", "future transaction tries to replace pending"],
  ["erigon", "pending sub-pool is full"],
  ["erigon", "baseFee sub-pool is full"],
  ["erigon", "spammer"],
  ["reth", "transaction discarded outright due to pool size constraints"],
  ["nethermind", "NonceGap, Future nonce. Expected nonce: 10"],
  ["besu", "Transaction nonce is too distant from current sender nonce"],
  ["besu", "An invalid transaction with a lower nonce exists"],
  [
    "openethereum",
    "There are too many transactions in the queue. Your transaction was dropped " +
      "due to limit. Try increasing the fee.",
  ],
  ["nitro", "nonce too high: address 0x0499, tx: 4 state: 3"],
  ["nitro", "sequencer pending tx pool full, please try again"],
  ["arbitrum", "queue full"],
  ["zkSync", "nonce too high. allowed nonce range: 427 - 477, actual: 527"],
];

const FEE_TOO_LOW: Row[] = [
  ["geth", "transaction underpriced"],
  ["geth 1.16", "transaction underpriced: gas tip cap 1, minimum needed 1000000"],
  ["geth 1.16", "transaction gas price below minimum: gas tip cap 0, minimum needed 1"],
  ["geth", "replacement transaction underpriced"],
  ["erigon", "INTERNAL_ERROR: could not replace existing tx"],
  ["erigon", "underpriced"],
  ["erigon", "fee too low"],
  [
    "nethermind",
    "FeeTooLow, FeePerGas needs to be higher than 1000 to be added to the TxPool. " +
      "Affordable FeePerGas of rejected tx: 900.",
  ],
  ["nethermind", "FeeTooLowToCompete"],
  ["besu", "Gas price below configured minimum gas price"],
  ["besu", "Gas price below current base fee"],
  ["reth", "[0x12]: insufficient gas price to replace existing transaction."],
  [
    "anvil, nitro, op-geth",
    "max fee per gas less than block base fee: address 0xD8bf, " +
      "maxFeePerGas: 100000000 baseFee: 293352000",
  ],
  ["nitro", "gas price too low"],
  [
    "openethereum",
    "Transaction gas price is too low. It does not satisfy your node's minimal gas price " +
      "(minimal: 100 got: 50). Try increasing the gas price.",
  ],
  [
    "openethereum",
    "Transaction gas price 10wei is too low. There is another transaction with same " +
      "nonce in the queue with gas price 11wei.",
  ],
  ["metis", "gas price too low: 18000000000 wei, use at least tx.gasPrice = 19500000000 wei"],
  ["celo", "gasprice is less than gas price minimum floor"],
  ["klaytn", "there is another tx which has the same nonce in the tx pool"],
];

const NO_FUNDS: Row[] = [
  ["geth", "insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1"],
  [
    "geth",
    "insufficient funds for gas * price + value: balance 9, queued cost 8, tx cost 2, overshot 1",
  ],
  ["geth", "insufficient funds for transfer"],
  ["anvil", "Insufficient funds for gas * price + value"],
  ["erigon", "insufficient funds"],
  [
    "nethermind",
    "InsufficientFunds, Account balance: 4740799397601480913, " +
      "cumulative cost: 22019342038993800000",
  ],
  ["besu", "Upfront cost exceeds account balance"],
  [
    "openethereum",
    "Insufficient funds. The account you tried to send transaction from does not have " +
      "enough funds. Required 100 and got: 50.",
  ],
  ["arbitrum", "not enough funds for gas"],
  ["zkSync", "insufficient balance for transfer"],
  [
    "conflux",
    "Transaction 0xf3 is discarded due to out of balance, needs 9 but account balance is 8",
  ],
];

const REFUSED: Row[] = [
  ["geth", "intrinsic gas too low: gas 20000, minimum needed 21000"],
  ["geth", "exceeds block gas limit"],
  ["geth", "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)"],
  ["geth", "max priority fee per gas higher than max fee per gas"],
  ["geth", "oversized data: transaction size 140000, limit 131072"],
  ["geth", "transaction type not supported: type 2 rejected, pool not yet in London"],
  ["geth", "invalid sender: invalid chain id for signer: have 5 want 1"],
  ["geth", "only replay-protected (EIP-155) transactions allowed over RPC"],
  ["besu", "Transaction gas limit exceeds block gas limit"],
  ["besu", "Wrong chainId"],
  ["nethermind", "GasLimitExceeded, Gas limit: 100, gas limit of rejected tx: 150"],
  [
    "openethereum",
    "Transaction gas is too low. There is not enough gas to cover minimal cost of the transaction",
  ],
  ["anybody", "unknown transaction type 3"],
  ["anybody", "block gas limit exceeded"],
  ["anybody", "internal error"],
];

test.each(KNOWN)("%s knows it already: %s", (_, said) => {
  expect(judgeRefusal(said)).toEqual({ verdict: "known" });
});

test.each(NONCE_SPENT)("%s counts its nonce as used: %s", (_, said) => {
  expect(judgeRefusal(said)).toEqual({ verdict: "nonce-spent" });
});

test.each(TOO_EARLY)("%s may take it later: %s", (_, said) => {
  expect(judgeRefusal(said)).toEqual({ verdict: "too-early", said });
});

test.each(FEE_TOO_LOW)("%s wants more for it: %s", (_, said) => {
  expect(judgeRefusal(said)).toEqual({ verdict: "fee-too-low", said });
});

test.each(NO_FUNDS)("%s finds the account too poor: %s", (_, said) => {
  expect(judgeRefusal(said)).toEqual({ verdict: "no-funds", said });
});

test.each(REFUSED)("%s does not want it: %s", (_, said) => {
  expect(judgeRefusal(said)).toEqual({ verdict: "refused", said });
});

test.each<[string, number, string, boolean]>([
  ["geth and reth", 3, "execution reverted: not the owner", true],
  ["geth", -32000, "out of gas", true],
  ["geth", -32000, "invalid opcode: INVALID", true],
  ["nethermind and openethereum", -32015, "VM execution error.", true],
  ["besu", -32000, "Execution reverted", true],
  ["erigon", -32000, "header not found", false],
  ["a provider", -32005, "daily request count exceeded", false],
  ["a pruned node", -32000, "missing trie node 12ab (path ) state is not available", false],
])("a call that %s answers with %i %s fails: %s", (_, code, message, fails) => {
  expect(saysItFails({ code, message })).toBe(fails);
});
