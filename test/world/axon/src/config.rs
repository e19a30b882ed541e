//! Axon's configuration file. What it demands is demanded here too, used or not.

use std::{
    collections::HashMap,
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Config {
    pub net_privkey_file: PathBuf,
    pub bls_privkey_file: PathBuf,
    #[serde(skip)]
    pub net_privkey: Vec<u8>,
    #[serde(skip)]
    pub bls_privkey: Vec<u8>,
    /// Relative to where the program runs, unlike the keys' files.
    pub data_path: PathBuf,
    pub rpc: Rpc,
    pub web3: Web3,
    pub network: Network,
    pub mempool: Mempool,
    pub executor: Executor,
    pub synchronization: Synchronization,
    #[serde(default)]
    pub logger: Logger,
    #[serde(default)]
    pub rocksdb: RocksDb,
    pub jaeger: Option<Jaeger>,
    pub prometheus: Option<Prometheus>,
    #[serde(default)]
    pub ibc_contract_address: ethereum_types::H160,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Rpc {
    pub http_listening_address: Option<SocketAddr>,
    pub ws_listening_address: Option<SocketAddr>,
    pub maxconn: u32,
    pub max_payload_size: u32,
    pub enable_dump_profile: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Web3 {
    #[serde(default)]
    pub log_filter_max_block_range: u64,
    #[serde(default = "default_max_gas_cap")]
    pub max_gas_cap: u64,
}

fn default_max_gas_cap() -> u64 {
    25_000_000
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Network {
    pub bootstraps: Option<Vec<Bootstrap>>,
    pub allowlist: Option<Vec<String>>,
    pub allowlist_only: Option<bool>,
    pub max_connected_peers: Option<usize>,
    pub inbound_conn_limit: Option<usize>,
    pub listening_address: MultiAddress,
    pub rpc_timeout: Option<u64>,
    pub send_buffer_size: Option<usize>,
    pub recv_buffer_size: Option<usize>,
    pub max_frame_length: Option<usize>,
    pub ping_interval: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Bootstrap {
    pub multi_address: MultiAddress,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Mempool {
    pub pool_size: u64,
    pub timeout_gap: u64,
    pub broadcast_txs_size: Option<usize>,
    pub broadcast_txs_interval: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Executor {
    pub triedb_cache_size: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Synchronization {
    pub sync_txs_chunk_size: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct RocksDb {
    pub max_open_files: i32,
    pub cache_size: Option<usize>,
    pub options_file: Option<PathBuf>,
}

impl Default for RocksDb {
    fn default() -> Self {
        RocksDb { max_open_files: 64, cache_size: None, options_file: None }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Logger {
    pub filter: String,
    pub log_to_console: bool,
    pub console_show_file_and_line: bool,
    pub log_to_file: bool,
    pub metrics: bool,
    pub log_path: PathBuf,
    pub file_size_limit: u64,
    #[serde(default)]
    pub modules_level: HashMap<String, String>,
}

impl Default for Logger {
    fn default() -> Self {
        Logger {
            filter: "info".into(),
            log_to_console: true,
            console_show_file_and_line: false,
            log_to_file: true,
            metrics: true,
            log_path: "logs/".into(),
            file_size_limit: 1024 * 1024 * 1024,
            modules_level: HashMap::new(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[allow(dead_code)]
pub struct Jaeger {
    pub service_name: Option<String>,
    pub tracing_address: Option<SocketAddr>,
    pub tracing_batch_size: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Prometheus {
    pub listening_address: Option<SocketAddr>,
}

impl Config {
    /// Reads the file, and the keys that it names beside itself.
    pub fn load(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let folder = path.parent().ok_or(format!("no parent directory of {shown}"))?;
        let mut config: Config = read(path)
            .map_err(|error| format!("failed to parse config file {shown} since {error}"))?;
        config.net_privkey = read_key(&folder.join(&config.net_privkey_file))?;
        config.bls_privkey = read_key(&folder.join(&config.bls_privkey_file))?;
        if let Some(options) = &config.rocksdb.options_file {
            config.rocksdb.options_file = Some(folder.join(options));
        }
        Ok(config)
    }

    pub fn rocksdb(&self) -> PathBuf {
        self.data_path.join("rocksdb")
    }
}

pub fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    toml::from_str(&text).map_err(|error| error.to_string())
}

fn read_key(path: &Path) -> Result<Vec<u8>, String> {
    let failed = format!("failed to parse private key file {} since", path.display());
    let bytes = fs::read(path).map_err(|error| format!("{failed} {error}"))?;
    if bytes.len() != 32 {
        return Err(format!("{failed} its length is {} but expect 32.", bytes.len()));
    }
    Ok(bytes)
}

/// The pod's address in the place of "every address": all pods share one machine.
pub fn bound(address: SocketAddr) -> SocketAddr {
    match pod_ip() {
        Some(ip) if address.ip().is_unspecified() => SocketAddr::new(ip, address.port()),
        _ => address,
    }
}

pub fn pod_ip() -> Option<IpAddr> {
    std::env::var("WORLD_POD_IP").ok()?.parse().ok()
}

/// `/ip4/127.0.0.1/tcp/8001/p2p/Qm…`, or with a name after `dns4`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct MultiAddress {
    pub host: String,
    pub port: u16,
    pub peer: Option<String>,
}

impl TryFrom<String> for MultiAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let ["", "ip4" | "ip6" | "dns4" | "dns6", host, "tcp", port, rest @ ..] = parts.as_slice()
        else {
            return Err(format!("invalid multiaddr {text}"));
        };
        let peer = match rest {
            [] => None,
            ["p2p", peer] => Some((*peer).to_owned()),
            _ => return Err(format!("invalid multiaddr {text}")),
        };
        let port = port.parse().map_err(|_| format!("invalid multiaddr {text}"))?;
        Ok(MultiAddress { host: (*host).to_owned(), port, peer })
    }
}
