//! The chain as this node has it, and what may change it: one thing at a time.

use std::sync::Arc;

use bytes::Bytes;
use ethereum_types::{H256, U64};
use parking_lot::{Mutex, RwLock};

use crate::{
    behaviour::{Behaviour, Flavour},
    chain::{
        block::{Block, EMPTY_LIST, EMPTY_TRIE, Header, Proof, Proposal},
        metadata::{HardforkInfo, Metadata},
        state::Outcome,
        store::{Proofs, Store, execute},
        transaction::Transaction,
    },
    consensus::crypto::BlsCrypto,
    keys::keccak,
    mempool::Mempool,
};

#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub start: u64,
    pub current: u64,
    pub highest: u64,
}

pub struct Ledger {
    pub store: RwLock<Store>,
    pub mempool: Mempool,
    pub crypto: Arc<BlsCrypto>,
    pub behaviour: Behaviour,
    /// Held while blocks are synced: Overlord commits nothing in the meantime.
    pub committing: tokio::sync::Mutex<()>,
    pub syncing: Mutex<Option<Progress>>,
    /// What this node was prepared for, and proposes until it is determined or too late.
    pub proposed_fork: Mutex<Option<HardforkInfo>>,
}

impl Ledger {
    pub fn number(&self) -> u64 {
        self.store.read().number()
    }

    pub fn metadata(&self, number: u64) -> Result<Metadata, String> {
        self.store.read().state().metadata(number)
    }

    /// Executes a proposal on top of what there is and keeps it as a block.
    pub fn commit(
        &self,
        proposal: &Proposal,
        proof: Proof,
        txs: Vec<Transaction>,
    ) -> Result<(), String> {
        let mut store = self.store.write();
        let mut block = block_of(proposal, store.latest().block.header.chain_id);
        let (outcomes, state) = self.execute(&store, &mut block, &txs);
        self.keep(&mut store, block, Proofs::both(proof), txs, outcomes, state)?;
        self.learn_keys(&store, true)
    }

    /// The same with a block that others have committed: it has to come to the same.
    pub fn commit_synced(
        &self,
        block: Block,
        proof: Proof,
        txs: Vec<Transaction>,
    ) -> Result<(), String> {
        let mut store = self.store.write();
        let mut own = block.clone();
        let (outcomes, state) = self.execute(&store, &mut own, &txs);
        if own.header.state_root != block.header.state_root {
            return Err(format!("Invalid state root of block {}", block.header.number));
        }
        let proofs = Proofs { own: proof, stored: block.header.proof.clone() };
        self.keep(&mut store, block, proofs, txs, outcomes, state)?;
        self.learn_keys(&store, false)
    }

    fn execute(
        &self,
        store: &Store,
        block: &mut Block,
        txs: &[Transaction],
    ) -> (Vec<Outcome>, crate::chain::state::State) {
        let mut state = store.state().clone();
        let outcomes = execute(&mut state, block, txs, &self.behaviour);
        block.header.state_root = state.root();
        block.header.receipts_root = receipts_root(&outcomes);
        block.header.gas_used =
            U64::from(outcomes.iter().map(|outcome| outcome.gas_used).sum::<u64>());
        (outcomes, state)
    }

    fn keep(
        &self,
        store: &mut Store,
        block: Block,
        proofs: Proofs,
        txs: Vec<Transaction>,
        outcomes: Vec<Outcome>,
        state: crate::chain::state::State,
    ) -> Result<(), String> {
        let number = block.header.number;
        self.mempool.remove(&txs);
        store.commit(block, proofs, txs, outcomes, state)?;
        self.forget_determined_fork(store)?;
        if self.behaviour.corrupts_at == Some(number) {
            store.corrupt()?;
        }
        if self.behaviour.crash_at_height.is_some_and(|height| number >= height) {
            log::error!("thread 'main' panicked at block {number}");
            std::process::exit(101);
        }
        Ok(())
    }

    /// axonweb3's takes a new epoch's keys in with the epoch before's last block, if it has voted on it.
    fn learn_keys(&self, store: &Store, by_votes: bool) -> Result<(), String> {
        let number = store.number();
        let is_last = store.state().metadata(number)?.version.end == number;
        if self.behaviour.flavour == Flavour::Axon && !(by_votes && is_last) {
            return Ok(());
        }
        self.crypto.update(&store.state().metadata(number + 1)?.verifier_list)
    }

    fn forget_determined_fork(&self, store: &Store) -> Result<(), String> {
        let mut proposed = self.proposed_fork.lock();
        let determined = store.state().hardforks.last().map(|fork| fork.flags).unwrap_or_default();
        if proposed.as_ref().is_some_and(|fork| determined & fork.flags == fork.flags) {
            *proposed = None;
            store.propose_fork(None)?;
        }
        Ok(())
    }
}

fn block_of(proposal: &Proposal, chain_id: u64) -> Block {
    let proposal = proposal.clone();
    let header = Header {
        prev_hash: proposal.prev_hash,
        proposer: proposal.proposer,
        transactions_root: proposal.transactions_root,
        signed_txs_hash: proposal.signed_txs_hash,
        timestamp: proposal.timestamp,
        number: proposal.number,
        gas_limit: proposal.gas_limit.into(),
        extra_data: proposal.extra_data,
        base_fee_per_gas: crate::chain::block::BASE_FEE_PER_GAS.into(),
        proof: proposal.proof,
        call_system_script_count: proposal.call_system_script_count,
        chain_id,
        ..Header::default()
    };
    Block { header, tx_hashes: proposal.tx_hashes }
}

fn receipts_root(outcomes: &[Outcome]) -> H256 {
    match outcomes {
        [] => EMPTY_TRIE,
        _ => keccak(serde_json::to_vec(outcomes).expect("outcomes are JSON")),
    }
}

/// Digests of a list of transactions: Axon's are of the same, made as a trie.
pub fn transactions_root(hashes: &[H256]) -> H256 {
    if hashes.is_empty() { EMPTY_TRIE } else { keccak(rlp::encode_list::<H256, _>(hashes)) }
}

pub fn signed_txs_hash(txs: &[Bytes]) -> H256 {
    if txs.is_empty() { EMPTY_LIST } else { keccak(rlp::encode_list::<Bytes, _>(txs)) }
}
