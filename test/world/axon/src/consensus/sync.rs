//! How a node that lags gets what the others have.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use overlord::{Context, OverlordHandler, types::OverlordMsg};
use parking_lot::Mutex;
use rlp::Rlp;
use rlp_derive::{RlpDecodable, RlpEncodable};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::{
    chain::{
        block::Proposal,
        store::{Committed, Store},
    },
    consensus::{
        engine::status,
        ledger::{Ledger, Progress},
        verify::{verify_header, verify_proof},
    },
    network::{
        Network,
        message::{Message, Topic},
    },
};

const SAY_HEIGHT: Duration = Duration::from_secs(2);
const BLOCKS_AT_ONCE: u64 = 50;
const ANSWER: Duration = Duration::from_secs(5);

#[derive(RlpEncodable, RlpDecodable)]
struct Question {
    id: u64,
    number: u64,
}

/// Empty if there is no such block.
#[derive(RlpEncodable, RlpDecodable)]
struct Answer {
    id: u64,
    block: Bytes,
}

pub struct Sync {
    pub ledger: Arc<Ledger>,
    pub network: Arc<Network>,
    pub overlord: OverlordHandler<Proposal>,
    busy: tokio::sync::Mutex<()>,
    asked: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    next_question: AtomicU64,
}

impl Sync {
    pub fn new(
        ledger: Arc<Ledger>,
        network: Arc<Network>,
        overlord: OverlordHandler<Proposal>,
    ) -> Arc<Self> {
        Arc::new(Sync {
            ledger,
            network,
            overlord,
            busy: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
            next_question: AtomicU64::new(0),
        })
    }

    /// Tells peers again and again up to which block it has proofs.
    pub async fn say_height(self: Arc<Self>) {
        loop {
            let number = self.ledger.store.read().proof().number;
            if number > 0 {
                let body = rlp::encode(&number).freeze();
                self.network.broadcast(&Message::new(Topic::Height, body));
            }
            sleep(SAY_HEIGHT).await;
        }
    }

    pub async fn hear_height(&self, peer: &str, remote: u64) {
        let Ok(_busy) = self.busy.try_lock() else { return };
        if !self.lags(remote).await || self.ledger.behaviour.is_wedged(self.ledger.number() + 1) {
            return;
        }
        let Ok(_committing) = self.ledger.committing.try_lock() else { return };
        let current = self.ledger.number();
        if remote <= current {
            return;
        }
        log::info!("[synchronization]: sync start, remote {remote}, current {current}");
        let result = self.pull(peer, current, remote.min(current + BLOCKS_AT_ONCE)).await;
        *self.ledger.syncing.lock() = None;

        let reached = self.ledger.number();
        match result {
            Ok(()) => log::info!("[synchronization]: sync end, current block number {reached}"),
            Err(reason) => log::error!("[synchronization]: err, current_number {reached} {reason}"),
        }
        if let Ok(next) = self.ledger.metadata(reached + 1) {
            let message =
                OverlordMsg::RichStatus(status(&next, reached + 1, self.network.is_hurried()));
            let _ = self.overlord.send_msg(Context::new(), message);
        }
    }

    /// One block behind is what consensus itself may be about to mend.
    async fn lags(&self, remote: u64) -> bool {
        let current = self.ledger.number();
        if remote == current + 1
            && let Ok(metadata) = self.ledger.metadata(current)
        {
            sleep(Duration::from_millis(metadata.consensus_config.interval)).await;
        }
        remote > self.ledger.number()
    }

    async fn pull(&self, peer: &str, current: u64, highest: u64) -> Result<(), String> {
        for number in current + 1..=highest {
            let progress = Progress { start: current, current: number - 1, highest };
            *self.ledger.syncing.lock() = Some(progress);
            sleep(Duration::from_millis(self.ledger.behaviour.sync_delay_ms)).await;

            let record = self.ask(peer, number).await?;
            let (block, proof, txs) = Committed::decode(&record)?;
            if block.header.number != number {
                return Err("block doesn't match request".into());
            }
            {
                let store = self.ledger.store.read();
                let flavour = self.ledger.behaviour.flavour;
                verify_proof(&store, &block, &proof, flavour)?;
                let before = store.latest();
                let proposal = block.proposal(before.block.header.state_root, vec![]);
                verify_header(&store, &proposal)?;
                verify_proof(&store, &before.block, &block.header.proof, flavour)?;
            }
            self.ledger.commit_synced(block, proof, txs)?;
        }
        Ok(())
    }

    async fn ask(&self, peer: &str, number: u64) -> Result<Bytes, String> {
        let id = self.next_question.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.asked.lock().insert(id, answer);
        let question = rlp::encode(&Question { id, number }).freeze();
        let sent = self.network.send(peer, &Message::new(Topic::PullBlock, question));
        let found =
            if sent { timeout(ANSWER, answered).await.ok().and_then(Result::ok) } else { None };
        self.asked.lock().remove(&id);
        found.filter(|block| !block.is_empty()).ok_or(format!("{peer} gives no block {number}"))
    }

    pub fn answer(&self, peer: &str, body: &[u8]) {
        let Ok(Question { id, number }) = Rlp::new(body).as_val() else { return };
        let block = record(&self.ledger.store.read(), number);
        let answer = rlp::encode(&Answer { id, block }).freeze();
        self.network.send(peer, &Message::new(Topic::Block, answer));
    }

    pub fn answered(&self, body: &[u8]) {
        let Ok(Answer { id, block }) = Rlp::new(body).as_val() else { return };
        if let Some(asked) = self.asked.lock().remove(&id) {
            let _ = asked.send(block);
        }
    }
}

fn record(store: &Store, number: u64) -> Bytes {
    let found = store.at(number).zip(store.proof_of(number));
    found
        .map(|(found, proof)| Committed::encode(&found.block, proof, &found.txs))
        .unwrap_or_default()
}
