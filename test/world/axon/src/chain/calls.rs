//! Calls of the metadata contract, decoded by hand: they are few.

use bytes::Bytes;
use ethereum_types::{H160, U256};

use crate::{
    chain::metadata::{ConsensusConfig, MetadataVersion, Validator},
    keys::keccak,
};

const CONFIG: &str = "(uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64,uint64)";
const VALIDATORS: &str = "(bytes,bytes,address,uint32,uint32)[]";

#[derive(Debug, PartialEq, Eq)]
pub enum MetadataCall {
    AppendMetadata {
        version: MetadataVersion,
        epoch: u64,
        validators: Vec<Validator>,
        config: ConsensusConfig,
    },
    UpdateConsensusConfig(ConsensusConfig),
    UpdateValidatorList(Vec<Validator>),
}

fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak(signature);
    [hash[0], hash[1], hash[2], hash[3]]
}

pub fn append_metadata() -> [u8; 4] {
    let version = "(uint64,uint64)";
    let counts = "(address,uint64)[]";
    selector(&format!("appendMetadata(({version},uint64,{VALIDATORS},{counts},{CONFIG}))"))
}

pub fn update_consensus_config() -> [u8; 4] {
    selector(&format!("updateConsensusConfig({CONFIG})"))
}

pub fn update_validator_list() -> [u8; 4] {
    selector(&format!("updateValidatorList(({VALIDATORS}))"))
}

impl MetadataCall {
    /// None for what is no such call.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let (selector, arguments) = data.split_at_checked(4)?;
        let at = Words(arguments);
        match selector {
            id if id == append_metadata() => at.tuple(0)?.append_metadata(),
            id if id == update_consensus_config() => {
                Some(MetadataCall::UpdateConsensusConfig(at.config(0)?))
            }
            id if id == update_validator_list() => {
                let validators = at.tuple(0)?.tuple(0)?.validators()?;
                Some(MetadataCall::UpdateValidatorList(validators))
            }
            _ => None,
        }
    }
}

/// Words of 32 bytes, from where the offsets of what has no fixed size are counted.
#[derive(Clone, Copy)]
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn word(self, index: usize) -> Option<&'a [u8]> {
        self.0.get(index.checked_mul(32)?..index.checked_add(1)?.checked_mul(32)?)
    }

    fn number(self, index: usize) -> Option<u64> {
        u64::try_from(U256::from_big_endian(self.word(index)?)).ok()
    }

    fn small(self, index: usize) -> Option<u32> {
        u32::try_from(self.number(index)?).ok()
    }

    /// What the offset at `index` leads to.
    fn tuple(self, index: usize) -> Option<Self> {
        let offset = usize::try_from(self.number(index)?).ok()?;
        self.0.get(offset..).map(Words)
    }

    fn bytes(self, index: usize) -> Option<Bytes> {
        let there = self.tuple(index)?;
        let length = usize::try_from(there.number(0)?).ok()?;
        let found = there.0.get(32..)?.get(..length)?;
        Some(Bytes::copy_from_slice(found))
    }

    fn append_metadata(self) -> Option<MetadataCall> {
        Some(MetadataCall::AppendMetadata {
            version: MetadataVersion { start: self.number(0)?, end: self.number(1)? },
            epoch: self.number(2)?,
            validators: self.tuple(3)?.validators()?,
            config: self.config(5)?,
        })
    }

    fn validators(self) -> Option<Vec<Validator>> {
        let count = usize::try_from(self.number(0)?).ok()?;
        let elements = Words(self.0.get(32..)?);
        (0..count).map(|index| elements.tuple(index)?.validator()).collect()
    }

    fn validator(self) -> Option<Validator> {
        Some(Validator {
            bls_pub_key: self.bytes(0)?,
            pub_key: self.bytes(1)?,
            address: H160::from_slice(self.word(2)?.get(12..)?),
            propose_weight: self.small(3)?,
            vote_weight: self.small(4)?,
        })
    }

    fn config(self, first: usize) -> Option<ConsensusConfig> {
        Some(ConsensusConfig {
            propose_ratio: self.number(first)?,
            prevote_ratio: self.number(first + 1)?,
            precommit_ratio: self.number(first + 2)?,
            brake_ratio: self.number(first + 3)?,
            tx_num_limit: self.number(first + 4)?,
            max_tx_size: self.number(first + 5)?,
            gas_limit: self.number(first + 6)?,
            interval: self.number(first + 7)?,
            max_contract_limit: self.number(first + 8)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_those_of_axons_own_interface() {
        assert_eq!(append_metadata(), [83, 236, 121, 230]);
        assert_eq!(update_consensus_config(), [183, 111, 172, 1]);
        assert_eq!(update_validator_list(), [169, 247, 62, 175]);
    }

    #[test]
    fn what_is_cut_off_is_no_call() {
        assert_eq!(MetadataCall::decode(&append_metadata()), None);
        assert_eq!(MetadataCall::decode(&[1, 2, 3]), None);
    }
}
