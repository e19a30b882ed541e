//! Blocks on disk, where Axon has RocksDB: one file that only grows, replayed at the start.

use std::{
    cmp::Ordering,
    collections::HashMap,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use ethereum_types::H256;
use rlp::{Rlp, RlpStream};

use crate::{
    behaviour::Behaviour,
    chain::{
        block::{Block, Proof},
        metadata::HardforkInfo,
        records,
        state::{Context, Outcome, State},
        transaction::Transaction,
    },
    spec::ChainSpec,
};

const BLOCKS: &str = "blocks.log";
const FORMAT: &str = "FORMAT";
const LOCK: &str = "LOCK";
const PROPOSED_FORK: &str = "hardfork-proposal";

/// A block with all that belongs to it, but for its proof, which the next one's header has.
#[derive(Clone)]
pub struct Committed {
    pub block: Block,
    pub hash: H256,
    pub txs: Vec<Transaction>,
    pub outcomes: Vec<Outcome>,
}

impl Committed {
    pub fn encode(block: &Block, proof: &Proof, txs: &[Transaction]) -> Bytes {
        let raw: Vec<Bytes> = txs.iter().map(|tx| tx.raw.clone()).collect();
        let mut stream = RlpStream::new_list(3);
        stream.append(block).append(proof).append_list::<Bytes, _>(&raw);
        stream.out().freeze()
    }

    pub fn decode(bytes: &[u8]) -> Result<(Block, Proof, Vec<Transaction>), String> {
        let rlp = Rlp::new(bytes);
        let wrong = |error: rlp::DecoderError| error.to_string();
        let raw: Vec<Bytes> = rlp.list_at(2).map_err(wrong)?;
        let txs = raw.into_iter().map(Transaction::decode).collect::<Result<_, _>>()?;
        Ok((rlp.val_at(0).map_err(wrong)?, rlp.val_at(1).map_err(wrong)?, txs))
    }
}

/// Of the newest block. What is on disk is not always what the process knows.
#[derive(Default)]
pub struct Proofs {
    pub own: Proof,
    /// Axon's latest proof on disk: a block that was synced leaves there the one of the block before
    /// it, which is all that a process knows when it starts again.
    pub stored: Proof,
}

impl Proofs {
    pub fn both(proof: Proof) -> Self {
        Proofs { own: proof.clone(), stored: proof }
    }
}

pub struct Store {
    folder: PathBuf,
    file: File,
    _lock: File,
    blocks: Vec<Committed>,
    heights: HashMap<H256, usize>,
    places: HashMap<H256, (usize, usize)>,
    state: State,
    proofs: Proofs,
}

impl Store {
    /// `spec` is the chain spec's text, which is kept.
    pub fn create(folder: &Path, spec: &str, behaviour: &Behaviour) -> Result<(), String> {
        let (block, _) = ChainSpec::parse(spec)?.genesis()?;
        fs::create_dir_all(folder).map_err(said)?;
        let _lock = lock(folder)?;
        fs::write(folder.join(FORMAT), behaviour.data_version.to_string()).map_err(said)?;
        let mut file = File::create(folder.join(BLOCKS)).map_err(said)?;
        records::append(&mut file, spec.as_bytes())?;
        records::append(&mut file, &Committed::encode(&block, &Proof::default(), &[]))
    }

    pub fn open(folder: &Path, behaviour: &Behaviour) -> Result<Self, String> {
        let lock = lock(folder)?;
        take_along(folder, behaviour.data_version)?;
        let path = folder.join(BLOCKS);
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(said)?;
        let (records, file) = records::read_all(file)?;
        let mut records = records.into_iter();

        let incomplete = || "Corruption: there is no genesis".to_owned();
        let spec = records.next().ok_or_else(incomplete)?;
        let (_, state) = ChainSpec::parse(&String::from_utf8_lossy(&spec))?.genesis()?;
        let mut store = Store {
            folder: folder.to_owned(),
            file,
            _lock: lock,
            blocks: vec![],
            heights: HashMap::new(),
            places: HashMap::new(),
            state,
            proofs: Proofs::default(),
        };
        for record in records {
            store.replay(&record, behaviour)?;
        }
        if store.blocks.is_empty() {
            return Err(incomplete());
        }
        Ok(store)
    }

    fn replay(&mut self, record: &[u8], behaviour: &Behaviour) -> Result<(), String> {
        let (block, proof, txs) = Committed::decode(record)?;
        let mut state = self.state.clone();
        let outcomes = execute(&mut state, &block, &txs, behaviour);
        if block.header.number > 0 && state.root() != block.header.state_root {
            let number = block.header.number;
            return Err(format!("Invalid state root of block {number}"));
        }
        self.remember(block, txs, outcomes, state);
        self.proofs = Proofs::both(proof);
        Ok(())
    }

    /// Keeps a block that was executed; durable when this returns.
    pub fn commit(
        &mut self,
        block: Block,
        proofs: Proofs,
        txs: Vec<Transaction>,
        outcomes: Vec<Outcome>,
        state: State,
    ) -> Result<(), String> {
        records::append(&mut self.file, &Committed::encode(&block, &proofs.stored, &txs))?;
        self.remember(block, txs, outcomes, state);
        self.proofs = proofs;
        Ok(())
    }

    fn remember(
        &mut self,
        block: Block,
        txs: Vec<Transaction>,
        outcomes: Vec<Outcome>,
        state: State,
    ) {
        let index = self.blocks.len();
        let hash = block.hash();
        self.heights.insert(hash, index);
        for (position, tx) in txs.iter().enumerate() {
            self.places.insert(tx.hash, (index, position));
        }
        self.blocks.push(Committed { block, hash, txs, outcomes });
        self.state = state;
    }

    pub fn latest(&self) -> &Committed {
        self.blocks.last().expect("there is a genesis")
    }

    pub fn number(&self) -> u64 {
        self.latest().block.header.number
    }

    /// Of the newest block, or of the one before where this process has only found it on disk.
    pub fn proof(&self) -> &Proof {
        &self.proofs.own
    }

    /// What others are given as a block's proof; none is there for a newest one that was synced.
    pub fn proof_of(&self, number: u64) -> Option<&Proof> {
        match number.cmp(&self.proofs.stored.number) {
            Ordering::Less => self.at(number + 1).map(|next| &next.block.header.proof),
            Ordering::Equal => Some(&self.proofs.stored),
            Ordering::Greater => None,
        }
    }

    pub fn at(&self, number: u64) -> Option<&Committed> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    pub fn by_hash(&self, hash: &H256) -> Option<&Committed> {
        self.blocks.get(*self.heights.get(hash)?)
    }

    /// The block that a transaction is in, and its position there.
    pub fn place(&self, tx: &H256) -> Option<(&Committed, usize)> {
        let (index, position) = *self.places.get(tx)?;
        Some((&self.blocks[index], position))
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn proposed_fork(&self) -> Option<HardforkInfo> {
        let text = fs::read(self.folder.join(PROPOSED_FORK)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub fn propose_fork(&self, fork: Option<&HardforkInfo>) -> Result<(), String> {
        let path = self.folder.join(PROPOSED_FORK);
        match fork {
            Some(fork) => {
                let text = serde_json::to_vec(fork).map_err(|error| error.to_string())?;
                fs::write(path, text).map_err(said)
            }
            None => fs::remove_file(path).or(Ok(())),
        }
    }

    /// Spoils what is on disk; what is in memory stays as it is.
    pub fn corrupt(&mut self) -> Result<(), String> {
        records::corrupt(&mut self.file).map_err(said)
    }
}

/// Executes a block as this build does it.
pub fn execute(
    state: &mut State,
    block: &Block,
    txs: &[Transaction],
    behaviour: &Behaviour,
) -> Vec<Outcome> {
    let header = &block.header;
    let context = Context {
        number: header.number,
        proposer: header.proposer,
        extra_data: &header.extra_data,
        flavour: behaviour.flavour,
        other: behaviour.forks_at.is_some_and(|from| header.number >= from),
    };
    state.execute(&context, txs)
}

fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(said)?;
    file.try_lock().map_err(|_| {
        format!("IO error: While lock file: {}: Resource temporarily unavailable", path.display())
    })?;
    Ok(file)
}

fn take_along(folder: &Path, version: u32) -> Result<(), String> {
    let path = folder.join(FORMAT);
    let found = fs::read_to_string(&path).map_err(said)?;
    let found: u32 = found.trim().parse().map_err(|_| "Corruption: no data version".to_owned())?;
    if found > version {
        return Err(format!("the data has version {found}, this build knows up to {version}"));
    }
    if found < version {
        log::info!("data of version {found} becomes version {version}");
        fs::write(&path, version.to_string()).map_err(said)?;
    }
    Ok(())
}

fn said(error: std::io::Error) -> String {
    format!("IO error: {error}")
}
