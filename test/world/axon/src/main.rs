//! A stand-in for Axon: its command line, files and JSON-RPC, around the consensus engine that it
//! runs on. Contracts are not executed. See test/world/README.md.

mod behaviour;
mod chain;
mod config;
mod consensus;
mod hexed;
mod keys;
mod logger;
mod mempool;
mod network;
mod node;
mod rpc;
mod spec;
mod wal;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread::sleep,
    time::Duration,
};

use clap::{CommandFactory, FromArgMatches, Parser};

use behaviour::Behaviour;
use chain::store::Store;
use config::Config;
use spec::{ChainSpec, Feature, hardfork};

#[derive(Parser)]
#[command(name = "axon")]
enum Command {
    /// Initialize new axon data directory
    Init {
        #[arg(short = 'c', long = "config", value_name = "CONFIG_FILE", value_parser = load_config)]
        config: Box<Config>,
        #[arg(short = 's', long = "chain-spec", value_name = "FILE", value_parser = load_spec)]
        spec: String,
    },
    /// Run axon service
    Run {
        #[arg(short = 'c', long = "config", value_name = "CONFIG_FILE", value_parser = load_config)]
        config: Box<Config>,
    },
    /// About Axon hardfork feature
    Hardfork {
        #[arg(short = 'c', long = "config", value_name = "CONFIG_FILE", value_parser = load_config)]
        config: Box<Config>,
        #[arg(long = "hardfork-start-number", requires = "features")]
        block_number: Option<u64>,
        #[arg(long = "feature", requires = "block_number")]
        features: Vec<Feature>,
    },
    /// Generate key pairs
    GenerateKeypair {
        #[arg(short = 'n', long = "number", default_value = "1")]
        number: usize,
        #[arg(short = 'p', long = "path", default_value = "free-space")]
        path: PathBuf,
    },
    /// The public halves of a key pair
    RecoverKeypair {
        #[arg(short = 'n', long = "net_path")]
        net_path: PathBuf,
        #[arg(short = 'b', long = "bls_path")]
        bls_path: PathBuf,
    },
}

fn main() -> ExitCode {
    let behaviour = Behaviour::load();
    let version = format!("{0}-with-axon-kernel-{0}", behaviour.version);
    let command = Command::command().version(version);
    let command = Command::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| {
        error.exit();
    });
    execute(command, behaviour).unwrap_or_else(|reason| {
        eprintln!("Error [ProtocolError] Kind: Main, Error: other error {reason:?}");
        ExitCode::FAILURE
    })
}

fn execute(command: Command, behaviour: Behaviour) -> Result<ExitCode, String> {
    match command {
        Command::Init { config, spec } => init(&config, &spec, &behaviour)?,
        Command::Run { config } => return run(*config, behaviour),
        Command::Hardfork { config, block_number, features } => {
            prepare_hardfork(&config, block_number, &features, &behaviour)?;
        }
        Command::GenerateKeypair { number, path } => keys::generate(number, &path)?,
        Command::RecoverKeypair { net_path, bls_path } => keys::recover(&net_path, &bls_path)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(config: &Config, spec: &str, behaviour: &Behaviour) -> Result<(), String> {
    write_version(&config.data_path, behaviour)?;
    logger::start(&config.logger);
    let folder = config.rocksdb();
    if folder.exists() {
        return Err(format!("Data directory {} already exists.", folder.display()));
    }
    Store::create(&folder, spec, behaviour)
}

fn run(config: Config, behaviour: Behaviour) -> Result<ExitCode, String> {
    sleep(Duration::from_millis(behaviour.start_delay_ms));
    write_version(&config.data_path, &behaviour)?;
    logger::start(&config.logger);
    demand_data(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let ended = runtime.block_on(node::run(config, behaviour));
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended
}

/// Nothing but the data is looked at when no fork is named.
fn prepare_hardfork(
    config: &Config,
    block_number: Option<u64>,
    features: &[Feature],
    behaviour: &Behaviour,
) -> Result<(), String> {
    demand_data(config)?;
    let store = Store::open(&config.rocksdb(), behaviour)?;
    let Some(start) = block_number else { return Ok(()) };
    if store.number() >= start {
        return Err(format!(
            "Hardfork start block number {start} less than current number {}",
            store.number()
        ));
    }
    let fork = hardfork(start, features);
    let known = store.state().hardforks.last().map(|last| last.flags).unwrap_or_default();
    if known & fork.flags == fork.flags {
        return Ok(());
    }
    store.propose_fork(Some(&fork))
}

fn demand_data(config: &Config) -> Result<(), String> {
    let folder = config.rocksdb();
    if folder.exists() {
        return Ok(());
    }
    let shown = folder.display();
    Err(format!("Data directory {shown} doesn't exist, please initialize it before run."))
}

fn write_version(data: &Path, behaviour: &Behaviour) -> Result<(), String> {
    let write = || {
        fs::create_dir_all(data)?;
        fs::write(data.join("axon.ver"), &behaviour.version)
    };
    write().map_err(|error| format!("writing data version: {error}"))
}

fn load_config(path: &str) -> Result<Box<Config>, String> {
    Config::load(Path::new(path)).map(Box::new)
}

/// The spec's text, once it is known to be one.
fn load_spec(path: &str) -> Result<String, String> {
    let failed = |reason: String| format!("failed to parse chain spec file {path} since {reason}");
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    ChainSpec::parse(&text).map_err(failed)?;
    Ok(text)
}
