//! What the world has put between nodes, in the file that WORLD_NETWORK names.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use parking_lot::RwLock;
use serde::Deserialize;

pub const LOOK: Duration = Duration::from_millis(50);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rules {
    /// Pairs of addresses between which nothing passes.
    cut: Vec<(IpAddr, IpAddr)>,
    /// Added to whatever an address sends or gets.
    delay_ms: HashMap<IpAddr, u64>,
    /// Addresses whose nodes wait a tenth of what they should from block to block.
    hurried: HashSet<IpAddr>,
}

#[derive(Clone, Default)]
pub struct Faults(Arc<RwLock<Rules>>);

impl Faults {
    /// Looks at the file again and again for as long as the program runs.
    pub fn watch() -> Self {
        let faults = Faults::default();
        if let Some(path) = std::env::var_os("WORLD_NETWORK").map(PathBuf::from) {
            tokio::spawn(faults.clone().follow(path));
        }
        faults
    }

    async fn follow(self, path: PathBuf) {
        let mut seen: Option<SystemTime> = None;
        loop {
            let changed = tokio::fs::metadata(&path).await.and_then(|file| file.modified()).ok();
            if changed != seen
                && let Ok(text) = tokio::fs::read(&path).await
                && let Ok(rules) = serde_json::from_slice(&text)
            {
                seen = changed;
                *self.0.write() = rules;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub fn is_cut(&self, one: IpAddr, other: IpAddr) -> bool {
        let rules = self.0.read();
        rules.cut.iter().any(|pair| *pair == (one, other) || *pair == (other, one))
    }

    pub fn delay(&self, one: IpAddr, other: IpAddr) -> Duration {
        let rules = self.0.read();
        let of = |address| rules.delay_ms.get(&address).copied().unwrap_or(0);
        Duration::from_millis(of(one) + of(other))
    }

    pub fn is_hurried(&self, address: IpAddr) -> bool {
        self.0.read().hurried.contains(&address)
    }
}
