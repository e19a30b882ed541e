//! Headers, proposals and proofs, field by field as Axon encodes and hashes them.

use std::error::Error;

use bytes::Bytes;
use ethereum_types::{Bloom, H160, H256, U64};
use overlord::Codec;
use rlp::{Decodable, DecoderError, Encodable, Rlp, RlpStream};
use rlp_derive::{RlpDecodable, RlpEncodable};
use serde::Serialize;

use crate::{hexed, keys::keccak};

pub const GAS_LIMIT: u64 = 30_000_000;
pub const BASE_FEE_PER_GAS: u64 = 0x539;

/// What an empty list of transactions hashes to, as a trie and as RLP.
pub const EMPTY_TRIE: H256 = H256([
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
    0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);
pub const EMPTY_LIST: H256 = H256([
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
    0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum BlockVersion {
    #[default]
    V0,
}

impl Encodable for BlockVersion {
    fn rlp_append(&self, stream: &mut RlpStream) {
        stream.begin_list(1).append(&0u8);
    }
}

impl Decodable for BlockVersion {
    fn decode(rlp: &Rlp) -> Result<Self, DecoderError> {
        match rlp.val_at::<u8>(0)? {
            0 => Ok(BlockVersion::V0),
            _ => Err(DecoderError::Custom("Invalid block version")),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable, Serialize)]
pub struct ExtraData {
    #[serde(serialize_with = "hexed::bytes")]
    pub inner: Bytes,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable, Serialize)]
pub struct Proof {
    #[serde(serialize_with = "hexed::number")]
    pub number: u64,
    #[serde(serialize_with = "hexed::number")]
    pub round: u64,
    #[serde(rename = "proposal_hash")]
    pub block_hash: H256,
    #[serde(serialize_with = "hexed::bytes")]
    pub signature: Bytes,
    #[serde(serialize_with = "hexed::bytes")]
    pub bitmap: Bytes,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable, Serialize)]
pub struct Header {
    pub version: BlockVersion,
    pub prev_hash: H256,
    pub proposer: H160,
    pub state_root: H256,
    pub transactions_root: H256,
    pub signed_txs_hash: H256,
    pub receipts_root: H256,
    pub log_bloom: Bloom,
    #[serde(serialize_with = "hexed::number")]
    pub timestamp: u64,
    #[serde(serialize_with = "hexed::number")]
    pub number: u64,
    pub gas_used: U64,
    pub gas_limit: U64,
    pub extra_data: Vec<ExtraData>,
    pub base_fee_per_gas: U64,
    /// Of the block before.
    pub proof: Proof,
    #[serde(serialize_with = "hexed::number")]
    pub call_system_script_count: u32,
    #[serde(serialize_with = "hexed::number")]
    pub chain_id: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable, Serialize)]
pub struct Block {
    pub header: Header,
    pub tx_hashes: Vec<H256>,
}

impl Block {
    pub fn hash(&self) -> H256 {
        keccak(rlp::encode(&self.header))
    }

    /// What was proposed so that this became a block; `prev_state_root` is the block's before.
    pub fn proposal(&self, prev_state_root: H256, txs: Vec<Bytes>) -> Proposal {
        let header = self.header.clone();
        Proposal {
            prev_hash: header.prev_hash,
            proposer: header.proposer,
            prev_state_root,
            transactions_root: header.transactions_root,
            signed_txs_hash: header.signed_txs_hash,
            timestamp: header.timestamp,
            number: header.number,
            gas_limit: header.gas_limit.as_u64(),
            extra_data: header.extra_data,
            proof: header.proof,
            call_system_script_count: header.call_system_script_count,
            tx_hashes: self.tx_hashes.clone(),
            txs,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    pub prev_hash: H256,
    pub proposer: H160,
    pub prev_state_root: H256,
    pub transactions_root: H256,
    pub signed_txs_hash: H256,
    pub timestamp: u64,
    pub number: u64,
    pub gas_limit: u64,
    pub extra_data: Vec<ExtraData>,
    pub proof: Proof,
    pub call_system_script_count: u32,
    pub tx_hashes: Vec<H256>,
    /// The transactions themselves, which Axon sends by another way: they are not hashed.
    pub txs: Vec<Bytes>,
}

impl Proposal {
    pub fn hash(&self) -> H256 {
        let mut stream = RlpStream::new_list(13);
        self.append_hashed(&mut stream);
        keccak(stream.out())
    }

    fn append_hashed(&self, stream: &mut RlpStream) {
        stream
            .append(&BlockVersion::V0)
            .append(&self.prev_hash)
            .append(&self.proposer)
            .append(&self.prev_state_root)
            .append(&self.transactions_root)
            .append(&self.signed_txs_hash)
            .append(&self.timestamp)
            .append(&self.number)
            .append(&self.gas_limit)
            .append_list(&self.extra_data)
            .append(&self.proof)
            .append(&self.call_system_script_count)
            .append_list(&self.tx_hashes);
    }

    fn from_rlp(rlp: &Rlp) -> Result<Self, DecoderError> {
        let _: BlockVersion = rlp.val_at(0)?;
        Ok(Proposal {
            prev_hash: rlp.val_at(1)?,
            proposer: rlp.val_at(2)?,
            prev_state_root: rlp.val_at(3)?,
            transactions_root: rlp.val_at(4)?,
            signed_txs_hash: rlp.val_at(5)?,
            timestamp: rlp.val_at(6)?,
            number: rlp.val_at(7)?,
            gas_limit: rlp.val_at(8)?,
            extra_data: rlp.list_at(9)?,
            proof: rlp.val_at(10)?,
            call_system_script_count: rlp.val_at(11)?,
            tx_hashes: rlp.list_at(12)?,
            txs: rlp.list_at(13)?,
        })
    }
}

impl Codec for Proposal {
    fn encode(&self) -> Result<Bytes, Box<dyn Error + Send>> {
        let mut stream = RlpStream::new_list(14);
        self.append_hashed(&mut stream);
        stream.append_list::<Bytes, _>(&self.txs);
        Ok(stream.out().freeze())
    }

    fn decode(data: Bytes) -> Result<Self, Box<dyn Error + Send>> {
        Proposal::from_rlp(&Rlp::new(&data)).map_err(|error| Box::new(error) as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_has_the_hash_that_axons_own_tools_have_for_it() {
        let proposal = Proposal {
            prev_hash: H256([1; 32]),
            proposer: H160([2; 20]),
            prev_state_root: H256([3; 32]),
            transactions_root: H256([4; 32]),
            signed_txs_hash: H256([5; 32]),
            number: 100,
            gas_limit: 6,
            proof: Proof {
                number: 0,
                round: 1,
                block_hash: H256([1; 32]),
                signature: Bytes::from_static(b"1234"),
                bitmap: Bytes::from_static(b"abcd"),
            },
            call_system_script_count: 1,
            txs: vec![Bytes::from_static(b"is not hashed")],
            ..Proposal::default()
        };
        let expected = "5f0e62dd3996711f907821aa6647136c8df75511c14cc9f280e72ce7ccbd43e6";
        assert_eq!(hex::encode(proposal.hash()), expected);
    }
}
