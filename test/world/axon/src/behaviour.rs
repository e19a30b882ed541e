//! How this build misbehaves: a file that the world names in WORLD_AXON_BEHAVIOUR.

use std::fs;

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// axonweb3/axon.
    #[default]
    Axon,
    /// tvl-labs/el-axon: it has updateValidatorList, and its hard forks are never determined.
    ElAxon,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Behaviour {
    /// What `axon --version` says.
    pub version: String,
    pub flavour: Flavour,
    /// Of the data that it writes. It takes older data along, and does not start on newer.
    pub data_version: u32,
    /// Before `axon run` does anything.
    pub start_delay_ms: u64,
    /// Runs, but serves no JSON-RPC.
    pub never_ready: bool,
    pub crash_after_ms: Option<u64>,
    pub crash_at_height: Option<u64>,
    /// Runs, answers and syncs, but says nothing of what it signs to anybody.
    pub silent: bool,
    /// From this height on it commits and syncs nothing any longer.
    pub wedged_at: Option<u64>,
    /// From this height on it finds every block of others wrong.
    pub refuses_from: Option<u64>,
    /// From this height on it executes otherwise than others do.
    pub forks_at: Option<u64>,
    /// What it has on disk when it commits this height is not what it wrote.
    pub corrupts_at: Option<u64>,
    /// For each block that it syncs.
    pub sync_delay_ms: u64,
    /// How long it takes from SIGTERM to its end.
    pub stop_delay_ms: u64,
    pub ignores_sigterm: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            flavour: Flavour::default(),
            data_version: 1,
            start_delay_ms: 0,
            never_ready: false,
            crash_after_ms: None,
            crash_at_height: None,
            silent: false,
            wedged_at: None,
            refuses_from: None,
            forks_at: None,
            corrupts_at: None,
            sync_delay_ms: 0,
            stop_delay_ms: 0,
            ignores_sigterm: false,
        }
    }
}

impl Behaviour {
    /// A file that cannot be read is the world's own mistake, and ends the program.
    pub fn load() -> Self {
        let Some(path) = std::env::var_os("WORLD_AXON_BEHAVIOUR") else {
            return Behaviour::default();
        };
        let text = fs::read_to_string(&path).expect("WORLD_AXON_BEHAVIOUR names a file");
        serde_json::from_str(&text).expect("WORLD_AXON_BEHAVIOUR is a behaviour")
    }

    pub fn is_wedged(&self, height: u64) -> bool {
        self.wedged_at.is_some_and(|from| height >= from)
    }
}
