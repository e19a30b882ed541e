//! What Axon writes before it acts: Overlord's own state, and the transactions of proposals.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use ethereum_types::H256;
use rlp::Rlp;

use crate::keys::keccak;

/// One file, named by its time and led by its digest; the newest that is whole counts.
pub struct ConsensusWal {
    folder: PathBuf,
}

impl ConsensusWal {
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(ConsensusWal { folder: folder.to_owned() })
    }

    pub fn save(&self, info: &[u8]) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        let newest = self.times()?.first().copied().unwrap_or(0);
        let time = now.max(newest + 1);
        let content = [keccak(info).as_bytes(), info].concat();
        fs::write(self.folder.join(time.to_string()), content)?;
        for older in self.times()?.into_iter().filter(|found| *found < time) {
            fs::remove_file(self.folder.join(older.to_string()))?;
        }
        Ok(())
    }

    pub fn load(&self) -> Option<Bytes> {
        self.times().ok()?.into_iter().find_map(|time| {
            let content = fs::read(self.folder.join(time.to_string())).ok()?;
            let (digest, info) = content.split_at_checked(32)?;
            (digest == keccak(info).as_bytes()).then(|| Bytes::copy_from_slice(info))
        })
    }

    /// Newest first.
    fn times(&self) -> io::Result<Vec<u128>> {
        let mut times = names(&self.folder)?;
        times.sort_unstable_by(|one, other| other.cmp(one));
        Ok(times)
    }
}

/// A folder for each height, in it a file for each list of transactions that was proposed.
pub struct TransactionWal {
    folder: PathBuf,
}

impl TransactionWal {
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(TransactionWal { folder: folder.to_owned() })
    }

    pub fn save(&self, number: u64, root: H256, txs: &[Bytes]) -> io::Result<()> {
        let folder = self.folder.join(number.to_string());
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{root:#x}.txt")), rlp::encode_list::<Bytes, _>(txs))
    }

    pub fn load(&self, number: u64) -> Vec<Bytes> {
        let Ok(entries) = fs::read_dir(self.folder.join(number.to_string())) else {
            return vec![];
        };
        let files = entries.flatten().filter_map(|entry| fs::read(entry.path()).ok());
        files.flat_map(|content| Rlp::new(&content).as_list().unwrap_or_default()).collect()
    }

    /// Forgets what is committed.
    pub fn remove(&self, committed: u64) -> io::Result<()> {
        let done = names(&self.folder)?.into_iter().filter(|number| *number <= committed.into());
        for number in done {
            fs::remove_dir_all(self.folder.join(number.to_string()))?;
        }
        Ok(())
    }
}

fn names(folder: &Path) -> io::Result<Vec<u128>> {
    let entries = fs::read_dir(folder)?.flatten();
    Ok(entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}
