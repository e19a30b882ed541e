//! Axon's side of Overlord: what is proposed, checked, committed and written before it is done.

use std::{collections::HashSet, error::Error, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use ethereum_types::{H160, H256};
use overlord::{
    Consensus, Context, Wal,
    error::ConsensusError,
    types::{Commit, Node, OverlordMsg, Status, ViewChangeReason},
};
use parking_lot::Mutex;
use rlp::Encodable;

use crate::{
    chain::{
        block::{Proof, Proposal},
        metadata::{Metadata, authorities},
        transaction::decode_all,
    },
    consensus::{crypto::failure, ledger::Ledger},
    keys::peer_id,
    network::{
        Network,
        message::{Message, Topic},
    },
    wal::{ConsensusWal, TransactionWal},
};

type Failure = Box<dyn Error + Send>;

pub struct Engine {
    pub ledger: Arc<Ledger>,
    pub network: Arc<Network>,
    pub address: H160,
    pub wal: ConsensusWal,
    pub txs_wal: TransactionWal,
    /// Hashes of what it has itself proposed at this height.
    pub own: Mutex<HashSet<H256>>,
}

impl Engine {
    pub fn new(
        ledger: Arc<Ledger>,
        network: Arc<Network>,
        address: H160,
        wal: ConsensusWal,
        txs_wal: TransactionWal,
    ) -> Self {
        Engine { ledger, network, address, wal, txs_wal, own: Mutex::default() }
    }

    fn commit_block(&self, height: u64, commit: Commit<Proposal>) -> Result<Status, String> {
        let _committing = self.ledger.committing.try_lock().map_err(|_| "LockInSync")?;
        let next = self.ledger.metadata(height + 1)?;
        let last = self.ledger.number();
        if height == last {
            return Ok(self.status(&next, height + 1));
        }
        if height != last + 1 {
            return Err(format!("OutdatedCommit({height}, {last})"));
        }
        let proof = Proof {
            number: commit.proof.height,
            round: commit.proof.round,
            block_hash: H256::from_slice(&commit.proof.block_hash),
            signature: commit.proof.signature.signature,
            bitmap: commit.proof.signature.address_bitmap,
        };
        let txs = decode_all(&commit.content.txs)?;
        self.ledger.commit(&commit.content, proof, txs)?;
        log::info!("[consensus]: committed block {height}");
        self.txs_wal.remove(height.saturating_sub(2)).map_err(|error| error.to_string())?;
        self.own.lock().clear();

        self.say(None, Topic::Height, rlp::encode(&height).freeze());
        let next = self.ledger.metadata(height + 1)?;
        if !self.ledger.store.read().state().has_epoch(next.epoch + 1) {
            log::error!("Missing next {} metadata!", next.epoch + 1);
        }
        Ok(self.status(&next, height + 1))
    }

    fn status(&self, metadata: &Metadata, height: u64) -> Status {
        status(metadata, height, self.network.is_hurried())
    }

    fn say(&self, to: Option<&Bytes>, topic: Topic, body: Bytes) {
        if self.ledger.behaviour.silent && topic != Topic::Height {
            return;
        }
        let message = Message::new(topic, body);
        match to {
            None => self.network.broadcast(&message),
            Some(public_key) => {
                let peer = peer_id(public_key);
                if !self.network.send(&peer, &message) {
                    log::warn!("[network] {topic:?} for {peer}: not connected");
                }
            }
        }
    }
}

#[async_trait]
impl Consensus<Proposal> for Engine {
    async fn get_block(&self, _: Context, height: u64) -> Result<(Proposal, Bytes), Failure> {
        let proposal = self.propose(height).map_err(|error| failure(&error))?;
        let hash = proposal.hash();
        self.own.lock().insert(hash);
        Ok((proposal, Bytes::copy_from_slice(hash.as_bytes())))
    }

    async fn check_block(
        &self,
        _: Context,
        height: u64,
        hash: Bytes,
        proposal: Proposal,
    ) -> Result<(), Failure> {
        let checked = self.check(&H256::from_slice(&hash), &proposal);
        if let Err(reason) = checked {
            log::error!("[consensus] check_block {height}: {reason}");
            return Err(failure(&reason));
        }
        self.txs_wal
            .save(height, proposal.transactions_root, &proposal.txs)
            .map_err(|error| Box::new(error) as Failure)
    }

    async fn commit(
        &self,
        _: Context,
        height: u64,
        commit: Commit<Proposal>,
    ) -> Result<Status, Failure> {
        if self.ledger.behaviour.is_wedged(height) {
            std::future::pending::<()>().await;
        }
        self.commit_block(height, commit).map_err(|error| failure(&error))
    }

    async fn get_authority_list(&self, _: Context, height: u64) -> Result<Vec<Node>, Failure> {
        let Some(before) = height.checked_sub(1) else { return Ok(vec![]) };
        let metadata = self.ledger.metadata(before).map_err(|error| failure(&error))?;
        Ok(authorities(&metadata.verifier_list))
    }

    async fn broadcast_to_other(
        &self,
        _: Context,
        message: OverlordMsg<Proposal>,
    ) -> Result<(), Failure> {
        let (topic, body) = encode(&message);
        self.say(None, topic, body);
        Ok(())
    }

    async fn transmit_to_relayer(
        &self,
        _: Context,
        address: Bytes,
        message: OverlordMsg<Proposal>,
    ) -> Result<(), Failure> {
        let (topic, body) = encode(&message);
        self.say(Some(&address), topic, body);
        Ok(())
    }

    fn report_error(&self, _: Context, _: ConsensusError) {}

    fn report_view_change(&self, _: Context, height: u64, round: u64, reason: ViewChangeReason) {
        log::warn!("[consensus] view change at {height}, round {round}: {reason}");
    }
}

#[async_trait]
impl Wal for Engine {
    async fn save(&self, info: Bytes) -> Result<(), Failure> {
        self.wal.save(&info).map_err(|error| Box::new(error) as Failure)
    }

    async fn load(&self) -> Result<Option<Bytes>, Failure> {
        Ok(self.wal.load())
    }
}

/// What Overlord is told to go on with at a height.
pub fn status(metadata: &Metadata, height: u64, is_hurried: bool) -> Status {
    let own = &metadata.consensus_config;
    let config = if is_hurried { own.hurried() } else { own.clone() };
    Status {
        height,
        interval: Some(config.interval),
        timer_config: Some(config.timers()),
        authority_list: authorities(&metadata.verifier_list),
    }
}

fn encode(message: &OverlordMsg<Proposal>) -> (Topic, Bytes) {
    let (topic, body) = match message {
        OverlordMsg::SignedProposal(proposal) => (Topic::Proposal, proposal.rlp_bytes()),
        OverlordMsg::SignedVote(vote) => (Topic::Vote, vote.rlp_bytes()),
        OverlordMsg::AggregatedVote(votes) => (Topic::QuorumCertificate, votes.rlp_bytes()),
        OverlordMsg::SignedChoke(choke) => (Topic::Choke, choke.rlp_bytes()),
        OverlordMsg::RichStatus(_) | OverlordMsg::Stop => unreachable!("never leave a node"),
    };
    (topic, body.freeze())
}
