//! Axon's chain spec, and the genesis that it makes.

use std::collections::BTreeMap;

use clap::ValueEnum;
use ethereum_types::{H160, H256, U64, U256};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    chain::{
        block::{Block, EMPTY_LIST, EMPTY_TRIE, Header},
        metadata::{
            ConsensusConfig, HardforkInfo, MetadataVersion, SpecValidator, Validator, push_hardfork,
        },
        state::{Account, State},
    },
    keys::checksummed,
};

#[derive(Clone, Debug, Deserialize)]
pub struct ChainSpec {
    genesis: Genesis,
    accounts: Vec<InitialAccount>,
    params: Params,
}

#[derive(Clone, Debug, Deserialize)]
struct Genesis {
    timestamp: u64,
    hardforks: Vec<Feature>,
    base_fee_per_gas: U64,
    chain_id: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct InitialAccount {
    #[serde(deserialize_with = "from_checksummed")]
    address: H160,
    balance: U256,
}

#[derive(Clone, Debug, Deserialize)]
struct Params {
    version: MetadataVersion,
    epoch: u64,
    verifier_list: Vec<SpecValidator>,
    consensus_config: ConsensusConfig,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
pub enum Feature {
    None = 0,
    Andromeda = 1,
}

impl Feature {
    pub const ALL: [Feature; 2] = [Feature::None, Feature::Andromeda];

    pub fn flags(self) -> H256 {
        H256::from_low_u64_be((self as u64).to_be())
    }
}

/// No feature named means all of them.
pub fn hardfork(block_number: u64, features: &[Feature]) -> HardforkInfo {
    let named = if features.is_empty() { &Feature::ALL[..] } else { features };
    let flags = named.iter().fold(H256::zero(), |flags, feature| flags | feature.flags());
    HardforkInfo { block_number, flags }
}

impl ChainSpec {
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    pub fn genesis(&self) -> Result<(Block, State), String> {
        let accounts: BTreeMap<H160, Account> = self
            .accounts
            .iter()
            .map(|initial| (initial.address, Account { nonce: 0, balance: initial.balance }))
            .collect();
        let params = &self.params;
        let validators: Vec<Validator> = params
            .verifier_list
            .iter()
            .map(|validator| Validator::try_from(validator.clone()))
            .collect::<Result<_, _>>()?;

        // Two epochs from the start: the spec's, and one of the same length after it.
        let first = params.version;
        let start = first.end + 1;
        let second = MetadataVersion { start, end: start + first.end - 1 };
        let mut state = State::new(accounts, params.consensus_config.clone());
        for (epoch, version) in [(params.epoch, first), (params.epoch + 1, second)] {
            let config = params.consensus_config.clone();
            state.append_metadata(version, epoch, validators.clone(), config)?;
        }
        push_hardfork(&mut state.hardforks, hardfork(0, &self.genesis.hardforks));

        let header = Header {
            transactions_root: EMPTY_TRIE,
            signed_txs_hash: EMPTY_LIST,
            receipts_root: EMPTY_TRIE,
            state_root: state.root(),
            timestamp: self.genesis.timestamp,
            base_fee_per_gas: self.genesis.base_fee_per_gas,
            chain_id: self.genesis.chain_id,
            ..Header::default()
        };
        Ok((Block { header, tx_hashes: vec![] }, state))
    }
}

fn from_checksummed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<H160, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    let address: Option<H160> = digits.parse().ok();
    address.filter(|address| checksummed(*address)[2..] == *digits).ok_or_else(|| {
        D::Error::custom(format!("failed to parse the mixed-case checksum address \"{text}\"."))
    })
}
