//! Blocks, transactions and receipts as JSON-RPC shows them.

use ethereum_types::{Bloom, H64, H256, U64, U256};
use serde_json::{Value, json};

use crate::{
    chain::{block::EMPTY_LIST, store::Committed, transaction::Transaction},
    hexed,
};

pub fn block(found: &Committed, whole: bool) -> Value {
    let header = &found.block.header;
    let transactions: Vec<Value> = found
        .txs
        .iter()
        .enumerate()
        .map(|(index, tx)| match whole {
            true => transaction(tx, Some((found, index))),
            false => json!(tx.hash),
        })
        .collect();
    json!({
        "hash": found.hash,
        "parentHash": header.prev_hash,
        "sha3Uncles": EMPTY_LIST,
        "author": header.proposer,
        "miner": header.proposer,
        "stateRoot": header.state_root,
        "transactionsRoot": header.transactions_root,
        "receiptsRoot": header.receipts_root,
        "number": U64::from(header.number),
        "gasUsed": header.gas_used,
        "gasLimit": header.gas_limit,
        "extraData": hexed::encode(rlp::encode_list(&header.extra_data)),
        "logsBloom": header.log_bloom,
        "timestamp": U256::from(header.timestamp),
        "difficulty": U256::one(),
        "totalDifficulty": U256::from(header.number),
        "sealFields": [],
        "baseFeePerGas": header.base_fee_per_gas,
        "uncles": [],
        "transactions": transactions,
        "size": U256::from(rlp::encode(header).len()),
        "mixHash": H256::zero(),
        "nonce": H64::zero(),
    })
}

pub fn transaction(tx: &Transaction, place: Option<(&Committed, usize)>) -> Value {
    json!({
        "type": U64::from(tx.kind),
        "blockNumber": place.map(|(found, _)| U64::from(found.block.header.number)),
        "blockHash": place.map(|(found, _)| found.hash),
        "hash": tx.hash,
        "nonce": U64::from(tx.nonce),
        "transactionIndex": place.map(|(_, index)| U64::from(index)),
        "from": tx.sender,
        "to": tx.to,
        "value": tx.value,
        "gas": U64::from(tx.gas_limit),
        "gasPrice": U64::from(tx.gas_price),
        "raw": hexed::encode(&tx.raw),
        "input": hexed::encode(&tx.data),
        "chainId": tx.chain_id.map(U64::from),
    })
}

pub fn receipt(found: &Committed, index: usize) -> Value {
    let tx = &found.txs[index];
    let outcome = found.outcomes[index];
    json!({
        "blockNumber": U256::from(found.block.header.number),
        "blockHash": found.hash,
        "contractAddress": null,
        "cumulativeGasUsed": U64::from(outcome.gas_used),
        "effectiveGasPrice": U64::from(outcome.gas_used),
        "from": tx.sender,
        "gasUsed": U64::from(outcome.gas_used),
        "logs": [],
        "logsBloom": Bloom::zero(),
        "root": found.block.header.state_root,
        "status": U64::from(u64::from(outcome.succeeded)),
        "to": tx.to,
        "transactionHash": tx.hash,
        "transactionIndex": U256::from(index),
        "type": U64::from(tx.kind),
    })
}
