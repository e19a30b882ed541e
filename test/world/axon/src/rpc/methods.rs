//! JSON-RPC's methods: those of Axon's that somebody watches, upgrades or restores a chain with.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ethereum_types::{H160, H256, U64, U256};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    chain::{
        metadata::HardforkInfo,
        store::{Committed, Store},
        transaction::Transaction,
    },
    consensus::ledger::Ledger,
    hexed,
    network::{
        Network,
        message::{Message, Topic},
    },
    rpc::views,
    spec::Feature,
};

const MEMPOOL_REFRESH: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub struct Methods {
    pub ledger: Arc<Ledger>,
    pub network: Arc<Network>,
    pub version: String,
    pub max_gas_cap: u64,
}

pub struct RpcError {
    pub code: i64,
    pub message: String,
}

fn error(code: i64, message: impl Into<String>) -> RpcError {
    RpcError { code, message: message.into() }
}

fn internal(reason: impl std::fmt::Display) -> RpcError {
    error(-49999, format!("Internal error: {reason}"))
}

impl Methods {
    pub async fn call(&self, method: &str, params: &Value) -> Result<Value, RpcError> {
        let given = Params(params);
        match method {
            "eth_sendRawTransaction" => self.send(given.get(0)?).await,
            "eth_syncing" => Ok(self.syncing()),
            "eth_chainId" => Ok(json!(U256::from(self.chain_id()))),
            "net_version" => Ok(json!(self.chain_id().to_string())),
            "net_listening" => Ok(json!(true)),
            "net_peerCount" => Ok(json!(U256::from(self.network.peer_count()))),
            "web3_clientVersion" => Ok(json!(self.version)),
            "eth_gasPrice" => Ok(json!(U256::from(8))),
            "eth_accounts" => Ok(json!([])),
            "eth_mining" => Ok(json!(false)),
            _ => self.read(method, &given),
        }
    }

    fn chain_id(&self) -> u64 {
        self.ledger.store.read().latest().block.header.chain_id
    }

    fn read(&self, method: &str, given: &Params) -> Result<Value, RpcError> {
        let store = self.ledger.store.read();
        match method {
            "eth_blockNumber" => Ok(json!(U256::from(store.number()))),
            "eth_getBlockByNumber" => {
                let found = by_id(&store, &given.get::<String>(0)?)?;
                let whole = given.get(1)?;
                Ok(json!(found.map(|found| views::block(found, whole))))
            }
            "eth_getBlockByHash" => {
                let found = store.by_hash(&given.get(0)?);
                let whole = given.get(1)?;
                Ok(json!(found.map(|found| views::block(found, whole))))
            }
            "eth_getTransactionByHash" => Ok(self.transaction(&store, &given.get(0)?)),
            "eth_getTransactionReceipt" => {
                let place = store.place(&given.get(0)?);
                Ok(json!(place.map(|(found, index)| views::receipt(found, index))))
            }
            "eth_getTransactionCount" => {
                let address: H160 = given.get(0)?;
                let pending = given.get::<Option<String>>(1)?.is_some_and(|id| id == "pending");
                let waiting = if pending { self.ledger.mempool.count(&address) } else { 0 };
                Ok(json!(U256::from(store.state().account(&address).nonce) + waiting))
            }
            "eth_getBalance" => Ok(json!(store.state().account(&given.get(0)?).balance)),
            "eth_getCode" => Ok(json!("0x")),
            _ => self.axon(&store, method, given),
        }
    }

    fn axon(&self, store: &Store, method: &str, given: &Params) -> Result<Value, RpcError> {
        match method {
            "axon_getBlockById" => {
                Ok(json!(by_id(store, &given.get::<String>(0)?)?.map(|found| &found.block)))
            }
            // The proof in a block's header, which is that of the block before it.
            "axon_getProofById" => {
                let found = by_id(store, &given.get::<String>(0)?)?;
                Ok(json!(found.map(|found| &found.block.header.proof)))
            }
            "axon_getMetadataByNumber" => {
                let number = given.get::<U256>(0)?.low_u64();
                if number > store.number() {
                    return Err(internal("the block is not there"));
                }
                Ok(json!(store.state().metadata(number).map_err(internal)?))
            }
            "axon_getCurrentMetadata" => {
                Ok(json!(store.state().metadata(store.number()).map_err(internal)?))
            }
            "axon_getHardforkInfo" => Ok(json!(self.hardforks(store))),
            _ => Err(error(-32601, "Method not found")),
        }
    }

    async fn send(&self, raw: String) -> Result<Value, RpcError> {
        let raw = hexed::decode(&raw).map_err(|reason| error(-32602, reason))?;
        let tx = Transaction::decode(raw.into()).map_err(internal)?;
        if tx.gas_price == 0 {
            return Err(error(-40006, "Gas price is zero"));
        }
        if tx.gas_limit < crate::chain::state::TRANSFER_GAS {
            return Err(error(-40008, "Gas limit is less than 21000"));
        }
        if tx.gas_limit > self.max_gas_cap {
            return Err(error(-40009, "Gas limit is too large"));
        }
        let hash = tx.hash;
        let message = Message::new(Topic::Transaction, tx.raw.clone());
        let new = self.ledger.mempool.insert(&self.ledger.store.read(), tx).map_err(internal)?;
        if new {
            self.network.broadcast(&message);
        }
        tokio::time::sleep(MEMPOOL_REFRESH).await;
        Ok(json!(hash))
    }

    fn transaction(&self, store: &Store, hash: &H256) -> Value {
        if let Some((found, index)) = store.place(hash) {
            return views::transaction(&found.txs[index], Some((found, index)));
        }
        json!(self.ledger.mempool.find(hash).map(|tx| views::transaction(&tx, None)))
    }

    fn syncing(&self) -> Value {
        let Some(progress) = *self.ledger.syncing.lock() else { return json!(false) };
        json!({
            "startingBlock": U256::from(progress.start),
            "currentBlock": U256::from(progress.current),
            "highestBlock": U256::from(progress.highest),
            "knownStates": U256::zero(),
            "pulledStates": U256::zero(),
        })
    }

    fn hardforks(&self, store: &Store) -> HashMap<Feature, &'static str> {
        let (enabled, determined) =
            enabled_and_determined(&store.state().hardforks, store.number());
        let proposed = self.ledger.proposed_fork.lock().as_ref().map(|fork| fork.flags);
        let has = |flags: H256, feature: Feature| flags & feature.flags() != H256::zero();
        let mut known = HashMap::new();
        for feature in Feature::ALL {
            if proposed.is_some_and(|flags| has(flags, feature)) {
                known.insert(feature, "proposed");
            }
            if has(determined, feature) {
                known.insert(feature, "determined");
            }
            if has(enabled, feature) {
                known.insert(feature, "enabled");
            }
        }
        known
    }
}

fn enabled_and_determined(forks: &[HardforkInfo], number: u64) -> (H256, H256) {
    let reached = |fork: &&HardforkInfo| fork.block_number <= number;
    let enabled = forks.iter().rev().find(reached).map(|fork| fork.flags).unwrap_or_default();
    let latest = forks.last().filter(|fork| !reached(fork)).map(|fork| fork.flags);
    (enabled, latest.map(|flags| flags ^ enabled).unwrap_or_default())
}

/// `latest`, `earliest`, a number or a hash; others are refused as Axon refuses them.
fn by_id<'a>(store: &'a Store, id: &str) -> Result<Option<&'a Committed>, RpcError> {
    if id == "latest" {
        return Ok(Some(store.latest()));
    }
    if id == "earliest" {
        return Ok(store.at(0));
    }
    let invalid = || error(-32602, format!("Invalid block number: {id}"));
    if id.len() == 66 {
        return Ok(store.by_hash(&id.parse().map_err(|_| invalid())?));
    }
    let digits = id.strip_prefix("0x").ok_or_else(invalid)?;
    let number = u64::from_str_radix(digits, 16).map_err(|_| invalid())?;
    Ok(store.at(U64::from(number).as_u64()))
}

struct Params<'a>(&'a Value);

impl Params<'_> {
    fn get<T: DeserializeOwned>(&self, index: usize) -> Result<T, RpcError> {
        let value = self.0.get(index).cloned().unwrap_or(Value::Null);
        serde_json::from_value(value)
            .map_err(|reason| error(-32602, format!("invalid type at {index}: {reason}")))
    }
}
