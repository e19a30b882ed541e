//! Who validates from which block to which, and how quickly: Axon's metadata and its epochs.

use bytes::Bytes;
use ethereum_types::{H160, H256};
use overlord::{DurationConfig, types::Node};
use rlp_derive::{RlpDecodable, RlpEncodable};
use serde::{Deserialize, Serialize};

use crate::{hexed, keys};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataVersion {
    #[serde(serialize_with = "hexed::number")]
    pub start: u64,
    #[serde(serialize_with = "hexed::number")]
    pub end: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsensusConfig {
    #[serde(serialize_with = "hexed::number")]
    pub gas_limit: u64,
    #[serde(serialize_with = "hexed::number")]
    pub interval: u64,
    #[serde(serialize_with = "hexed::number")]
    pub propose_ratio: u64,
    #[serde(serialize_with = "hexed::number")]
    pub prevote_ratio: u64,
    #[serde(serialize_with = "hexed::number")]
    pub precommit_ratio: u64,
    #[serde(serialize_with = "hexed::number")]
    pub brake_ratio: u64,
    #[serde(serialize_with = "hexed::number")]
    pub tx_num_limit: u64,
    #[serde(serialize_with = "hexed::number")]
    pub max_tx_size: u64,
    #[serde(serialize_with = "hexed::number")]
    #[serde(default = "default_max_contract_limit")]
    pub max_contract_limit: u64,
}

/// How much sooner than it should the next block of a hurried node comes.
const HURRY: u64 = 10;

fn default_max_contract_limit() -> u64 {
    0x6000
}

impl ConsensusConfig {
    pub fn timers(&self) -> DurationConfig {
        DurationConfig::new(
            self.propose_ratio,
            self.prevote_ratio,
            self.precommit_ratio,
            self.brake_ratio,
        )
    }

    /// With a tenth of the interval, and as long until a round is given up.
    pub fn hurried(&self) -> Self {
        ConsensusConfig {
            interval: self.interval / HURRY,
            propose_ratio: self.propose_ratio * HURRY,
            prevote_ratio: self.prevote_ratio * HURRY,
            precommit_ratio: self.precommit_ratio * HURRY,
            brake_ratio: self.brake_ratio * HURRY,
            ..*self
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Validator {
    #[serde(serialize_with = "hexed::bytes")]
    pub bls_pub_key: Bytes,
    #[serde(serialize_with = "hexed::bytes")]
    pub pub_key: Bytes,
    pub address: H160,
    #[serde(serialize_with = "hexed::number")]
    pub propose_weight: u32,
    #[serde(serialize_with = "hexed::number")]
    pub vote_weight: u32,
}

/// A validator as the chain spec has it: its address follows from its key.
#[derive(Clone, Debug, Deserialize)]
pub struct SpecValidator {
    #[serde(deserialize_with = "hexed::from_text")]
    pub bls_pub_key: Bytes,
    #[serde(deserialize_with = "hexed::from_text")]
    pub pub_key: Bytes,
    pub propose_weight: u32,
    pub vote_weight: u32,
}

impl TryFrom<SpecValidator> for Validator {
    type Error = String;

    fn try_from(value: SpecValidator) -> Result<Self, String> {
        Ok(Validator {
            address: keys::address(&value.pub_key).ok_or("invalid public key")?,
            bls_pub_key: value.bls_pub_key,
            pub_key: value.pub_key,
            propose_weight: value.propose_weight,
            vote_weight: value.vote_weight,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposeCount {
    pub address: H160,
    #[serde(serialize_with = "hexed::number")]
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    pub version: MetadataVersion,
    #[serde(serialize_with = "hexed::number")]
    pub epoch: u64,
    pub verifier_list: Vec<Validator>,
    pub propose_counter: Vec<ProposeCount>,
    pub consensus_config: ConsensusConfig,
}

/// As Overlord knows them, by their secp256k1 keys and in the order in which bitmaps list them.
pub fn authorities(validators: &[Validator]) -> Vec<Node> {
    let mut nodes: Vec<Node> = validators
        .iter()
        .map(|validator| Node {
            address: validator.pub_key.clone(),
            propose_weight: validator.propose_weight,
            vote_weight: validator.vote_weight,
        })
        .collect();
    nodes.sort();
    nodes
}

#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable, Serialize, Deserialize)]
pub struct HardforkInfo {
    pub block_number: u64,
    pub flags: H256,
}

/// A fork adds to the features of those before; one that adds none, or is older, is no fork.
pub fn push_hardfork(forks: &mut Vec<HardforkInfo>, mut fork: HardforkInfo) {
    let Some(last) = forks.last_mut() else {
        forks.push(fork);
        return;
    };
    fork.flags |= last.flags;
    if fork.flags == last.flags || fork.block_number < last.block_number {
        return;
    }
    if fork.block_number == last.block_number {
        last.flags = fork.flags;
    } else {
        forks.push(fork);
    }
}
