//! What this node proposes, and what it finds right of what others propose.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ethereum_types::H256;
use rlp::Rlp;

use crate::{
    behaviour::Flavour,
    chain::{
        block::{ExtraData, GAS_LIMIT, Proposal},
        metadata::HardforkInfo,
        transaction::{METADATA_CONTRACT, Transaction, decode_all},
    },
    consensus::{
        engine::Engine,
        ledger::{signed_txs_hash, transactions_root},
        verify::{verify_header, verify_proof},
    },
};

impl Engine {
    pub fn propose(&self, number: u64) -> Result<Proposal, String> {
        let fork = self.fork_to_propose(number)?;
        let store = self.ledger.store.read();
        let latest = store.latest();
        if number != store.proof().number + 1 {
            return Err(format!(
                "InvalidProof {{ expect: {}, actual: {} }}",
                number - 1,
                store.proof().number
            ));
        }
        let limit = store.state().metadata(number)?.consensus_config.tx_num_limit;
        let txs = self.ledger.mempool.package(&store, limit);
        let system: Vec<&Transaction> = txs.iter().filter(|tx| tx.is_system()).collect();
        let changes_metadata = system.iter().any(|tx| tx.to == Some(METADATA_CONTRACT));

        let mut extra_data = match self.ledger.behaviour.flavour {
            Flavour::Axon => vec![],
            Flavour::ElAxon => vec![ExtraData { inner: vec![u8::from(changes_metadata)].into() }],
        };
        extra_data.extend(fork.map(|fork| ExtraData { inner: rlp::encode(&fork).freeze() }));

        let tx_hashes: Vec<H256> = txs.iter().map(|tx| tx.hash).collect();
        let raw: Vec<Bytes> = txs.iter().map(|tx| tx.raw.clone()).collect();
        Ok(Proposal {
            prev_hash: latest.hash,
            proposer: self.address,
            prev_state_root: latest.block.header.state_root,
            transactions_root: transactions_root(&tx_hashes),
            signed_txs_hash: signed_txs_hash(&raw),
            timestamp: seconds_now(),
            number,
            gas_limit: GAS_LIMIT,
            extra_data,
            proof: store.proof().clone(),
            call_system_script_count: u32::try_from(system.len()).unwrap_or(u32::MAX),
            tx_hashes,
            txs: raw,
        })
    }

    /// One whose height has come without being determined is dropped.
    fn fork_to_propose(&self, number: u64) -> Result<Option<HardforkInfo>, String> {
        let mut proposed = self.ledger.proposed_fork.lock();
        if proposed.as_ref().is_some_and(|fork| fork.block_number <= number) {
            *proposed = None;
            self.ledger.store.read().propose_fork(None)?;
        }
        Ok(proposed.clone())
    }

    pub fn check(&self, hash: &H256, proposal: &Proposal) -> Result<(), String> {
        let behaviour = &self.ledger.behaviour;
        self.check_fork(proposal)?;
        if self.own.lock().contains(hash) {
            return Ok(());
        }
        if behaviour.refuses_from.is_some_and(|from| proposal.number >= from) {
            return Err("this build finds it wrong".into());
        }
        let store = self.ledger.store.read();
        verify_header(&store, proposal)?;
        let before = &store.latest().block;
        if proposal.number != before.header.number + 1 {
            return Err(format!("block {} does not follow", proposal.number));
        }
        let times = before.header.timestamp..=seconds_now();
        if !times.contains(&proposal.timestamp) {
            return Err("InvalidTimestamp".into());
        }
        verify_proof(&store, before, &proposal.proof, behaviour.flavour)?;
        let txs = decode_all(&proposal.txs)?;
        let hashes: Vec<H256> = txs.iter().map(|tx| tx.hash).collect();
        let right = hashes == proposal.tx_hashes
            && transactions_root(&hashes) == proposal.transactions_root
            && signed_txs_hash(&proposal.txs) == proposal.signed_txs_hash
            && hashes.iter().all(|hash| store.place(hash).is_none());
        if right { Ok(()) } else { Err("InvalidOrderSignedTransactionsHash".into()) }
    }

    /// A block with a fork passes only with those who were prepared for the very same.
    fn check_fork(&self, proposal: &Proposal) -> Result<(), String> {
        let index = match self.ledger.behaviour.flavour {
            Flavour::Axon => 0,
            Flavour::ElAxon => 1,
        };
        let Some(data) = proposal.extra_data.get(index) else { return Ok(()) };
        let fork: HardforkInfo = Rlp::new(&data.inner)
            .as_val()
            .map_err(|_| "hardfork proposal can't decode".to_owned())?;
        if self.ledger.proposed_fork.lock().as_ref() == Some(&fork) {
            return Ok(());
        }
        Err("hardfork proposal doesn't match".into())
    }
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
