//! The world's record of what each key has signed: nobody may sign twice.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    time::{SystemTime, UNIX_EPOCH},
};

use overlord::types::{Vote, VoteType};
use parking_lot::Mutex;
use rlp::Rlp;
use serde_json::{Value, json};

use crate::hexed;

pub struct Signatures {
    key: String,
    file: Option<Mutex<File>>,
    _alive: Option<File>,
}

impl Signatures {
    /// Opens the file that WORLD_SIGNATURES names, and says at once if the key is in use already:
    /// a lock on a file beside it is held for as long as this process lives, however it ends.
    pub fn open(bls_public_key: &[u8]) -> Self {
        let key = hexed::encode(bls_public_key);
        let Ok(path) = std::env::var("WORLD_SIGNATURES") else {
            return Signatures { key, file: None, _alive: None };
        };
        let file = open_for_all(&path).expect("WORLD_SIGNATURES can be written");
        let alive = open_for_all(&format!("{path}.{}", &key[2..18])).expect("as what is beside it");
        let alone = alive.try_lock().is_ok();

        let signatures = Signatures { key, file: Some(Mutex::new(file)), _alive: Some(alive) };
        signatures.write(json!({ "event": if alone { "started" } else { "twice" } }));
        signatures
    }

    /// `message` is what was hashed to be signed.
    pub fn record(&self, message: &[u8]) {
        if self.file.is_some() {
            self.write(describe(&Rlp::new(message)).unwrap_or_else(|| json!({ "step": "other" })));
        }
    }

    fn write(&self, mut line: Value) {
        let Some(file) = &self.file else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        line["key"] = json!(self.key);
        line["process"] = json!(std::process::id());
        line["pod"] = json!(std::env::var("WORLD_POD").unwrap_or_default());
        line["at"] = json!(now.as_millis() as u64);
        // One write for a line, so that those of several processes do not mix.
        file.lock().write_all(format!("{line}\n").as_bytes()).expect("the world's record");
    }
}

/// Processes of other users write to it as well.
fn open_for_all(path: &str) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    // Only its owner can, and did.
    let _ = file.set_permissions(Permissions::from_mode(0o666));
    Ok(file)
}

/// A vote, a choke or a proposal: Overlord signs nothing else.
fn describe(rlp: &Rlp) -> Option<Value> {
    if let Ok(vote) = rlp.as_val::<Vote>() {
        let step = match vote.vote_type {
            VoteType::Prevote => "prevote",
            VoteType::Precommit => "precommit",
        };
        let hash = hexed::encode(&vote.block_hash);
        return Some(
            json!({ "step": step, "height": vote.height, "round": vote.round, "hash": hash }),
        );
    }
    let height: u64 = rlp.val_at(0).ok()?;
    let round: u64 = rlp.val_at(1).ok()?;
    match rlp.item_count().ok()? {
        2 => Some(json!({ "step": "choke", "height": height, "round": round })),
        6 => {
            let hash = hexed::encode(rlp.val_at::<Vec<u8>>(2).ok()?);
            Some(json!({ "step": "propose", "height": height, "round": round, "hash": hash }))
        }
        _ => None,
    }
}
