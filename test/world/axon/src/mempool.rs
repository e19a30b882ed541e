//! Transactions that wait for a block.

use std::{collections::BTreeMap, sync::Arc};

use ethereum_types::{H160, H256};
use parking_lot::Mutex;

use crate::chain::{state::TRANSFER_GAS, store::Store, transaction::Transaction};

const MAX_GAS_LIMIT: u64 = 30_000_000;
const MAX_GAS_PRICE: u64 = 500_000_000_000;

#[derive(Default)]
pub struct Mempool {
    /// By sender and nonce, so that a second one of the same takes the first one's place.
    waiting: Mutex<BTreeMap<(H160, u64), Arc<Transaction>>>,
}

impl Mempool {
    /// Whether it is new; an error says why it can never be in a block.
    pub fn insert(&self, store: &Store, tx: Transaction) -> Result<bool, String> {
        check(store, &tx)?;
        let mut waiting = self.waiting.lock();
        let hash = tx.hash;
        let before = waiting.insert((tx.sender, tx.nonce), Arc::new(tx));
        Ok(before.is_none_or(|before| before.hash != hash))
    }

    /// For the next block: calls of system contracts first, then each sender's in their order.
    pub fn package(&self, store: &Store, limit: u64) -> Vec<Transaction> {
        let waiting = self.waiting.lock();
        let all = || waiting.values().filter(|tx| check(store, tx).is_ok());
        let mut next: BTreeMap<H160, u64> = BTreeMap::new();
        let plain = all().filter(|tx| {
            let nonce =
                next.entry(tx.sender).or_insert_with(|| store.state().account(&tx.sender).nonce);
            let fits = !tx.is_system() && tx.nonce == *nonce;
            *nonce += u64::from(fits);
            fits
        });
        let system = all().filter(|tx| tx.is_system());
        system.chain(plain).take(limit as usize).map(|tx| tx.as_ref().clone()).collect()
    }

    pub fn remove(&self, committed: &[Transaction]) {
        let mut waiting = self.waiting.lock();
        for tx in committed {
            waiting.remove(&(tx.sender, tx.nonce));
        }
    }

    pub fn find(&self, hash: &H256) -> Option<Arc<Transaction>> {
        self.waiting.lock().values().find(|tx| tx.hash == *hash).cloned()
    }

    pub fn count(&self, sender: &H160) -> usize {
        self.waiting.lock().keys().filter(|(of, _)| of == sender).count()
    }

    pub fn len(&self) -> usize {
        self.waiting.lock().len()
    }
}

fn check(store: &Store, tx: &Transaction) -> Result<(), String> {
    let hash = tx.hash;
    let chain_id = store.latest().block.header.chain_id;
    if tx.chain_id.is_some_and(|id| id != chain_id) {
        return Err(format!("Tx {hash:#x} is from another chain"));
    }
    if tx.gas_price == 0 || tx.gas_price >= MAX_GAS_PRICE {
        return Err(format!("Invalid gas price {}", tx.gas_price));
    }
    if tx.gas_limit < TRANSFER_GAS || tx.gas_limit > MAX_GAS_LIMIT {
        return Err(format!("Tx {hash:#x} has a gas limit of {}", tx.gas_limit));
    }
    if store.place(&hash).is_some() {
        return Err(format!("Tx {hash:#x} is committed already"));
    }
    if tx.is_system() {
        let allowed = store.state().is_validator(store.number() + 1, &tx.sender);
        let refused = format!("CheckAuthorization: {hash:#x} is no validator's");
        return if allowed { Ok(()) } else { Err(refused) };
    }
    let account = store.state().account(&tx.sender);
    if tx.nonce < account.nonce {
        return Err(format!("Current nonce {:#x}, tx nonce {:#x}", account.nonce, tx.nonce));
    }
    let cost = tx.value.saturating_add((tx.gas_price * TRANSFER_GAS).into());
    if account.balance < cost {
        return Err(format!("Tx {hash:#x} exceeds balance {}", account.balance));
    }
    Ok(())
}
