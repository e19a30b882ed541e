//! What makes a block and its proof right.

use blst::min_pk::PublicKey;
use bytes::Bytes;
use overlord::{
    extract_voters,
    types::{Vote, VoteType},
};

use crate::{
    behaviour::Flavour,
    chain::{
        block::{Block, Proof, Proposal},
        metadata::{Metadata, authorities},
        store::Store,
    },
    consensus::crypto::verify_aggregated,
    keys::keccak,
};

/// Everything about a proposal but its proof.
pub fn verify_header(store: &Store, proposal: &Proposal) -> Result<(), String> {
    let number = proposal.number;
    let before = number.checked_sub(1).and_then(|number| store.at(number));
    let before = before.ok_or(format!("there is no block before {number}"))?;
    if before.hash != proposal.prev_hash {
        return Err(format!("VerifyBlockHeader({number}, PreviousBlockHash)"));
    }
    if before.block.header.state_root != proposal.prev_state_root {
        return Err(format!("VerifyBlockHeader({number}, StateRoot)"));
    }
    Ok(())
}

/// That more than two thirds of the weight stand behind a block.
pub fn verify_proof(
    store: &Store,
    block: &Block,
    proof: &Proof,
    flavour: Flavour,
) -> Result<(), String> {
    let number = block.header.number;
    if number == 0 {
        return Ok(());
    }
    if proof.number != number {
        return Err(format!("VerifyProof({number}, HeightMismatch)"));
    }
    let before = store.at(number - 1).ok_or(format!("there is no block before {number}"))?;
    if block.proposal(before.block.header.state_root, vec![]).hash() != proof.block_hash {
        return Err(format!("VerifyProof({number}, HashMismatch)"));
    }
    if flavour == Flavour::ElAxon && changes_metadata(block) {
        return Ok(());
    }
    verify_votes(&store.state().metadata(number)?, proof)
        .map_err(|reason| format!("VerifyProof({number}, {reason})"))
}

/// el-axon's own mark: it may have changed the very validators that voted for it.
fn changes_metadata(block: &Block) -> bool {
    block.header.extra_data.first().is_some_and(|data| data.inner.first() == Some(&1))
}

fn verify_votes(metadata: &Metadata, proof: &Proof) -> Result<(), String> {
    let mut nodes = authorities(&metadata.verifier_list);
    let voters = extract_voters(&mut nodes, &proof.bitmap).map_err(|_| "BitMap")?;
    let weight = |of: &dyn Fn(&Bytes) -> bool| -> u64 {
        nodes.iter().filter(|node| of(&node.address)).map(|node| u64::from(node.vote_weight)).sum()
    };
    if 3 * weight(&|address| voters.contains(address)) <= 2 * weight(&|_| true) {
        return Err("Weight".into());
    }

    let vote = Vote {
        height: proof.number,
        round: proof.round,
        vote_type: VoteType::Precommit,
        block_hash: Bytes::copy_from_slice(proof.block_hash.as_bytes()),
    };
    let keys = metadata
        .verifier_list
        .iter()
        .filter(|validator| voters.contains(&validator.pub_key))
        .map(|validator| PublicKey::from_bytes(&validator.bls_pub_key))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "Validator")?;
    verify_aggregated(&keys, keccak(rlp::encode(&vote)).as_bytes(), &proof.signature)
        .map_err(|_| "Signature".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        chain::metadata::{ConsensusConfig, MetadataVersion, Validator},
        hexed,
    };

    fn bytes(value: &Value) -> Bytes {
        hexed::decode(value.as_str().unwrap()).unwrap().into()
    }

    fn real() -> (Metadata, Proof) {
        let vector = include_str!("../../vectors/proof.json");
        let vector: Value = serde_json::from_str(vector).unwrap();
        let list = vector["metadata"]["verifier_list"].as_array().unwrap();
        let validators = list.iter().map(|validator| Validator {
            bls_pub_key: bytes(&validator["bls_pub_key"]),
            pub_key: bytes(&validator["pub_key"]),
            address: validator["address"].as_str().unwrap().parse().unwrap(),
            propose_weight: 1,
            vote_weight: 1,
        });
        let metadata = Metadata {
            version: MetadataVersion::default(),
            epoch: 0,
            verifier_list: validators.collect(),
            propose_counter: vec![],
            consensus_config: ConsensusConfig::default(),
        };
        let proof = Proof {
            number: 0xe7c3,
            round: 0,
            block_hash: vector["proof"]["proposal_hash"].as_str().unwrap().parse().unwrap(),
            signature: bytes(&vector["proof"]["signature"]),
            bitmap: bytes(&vector["proof"]["bitmap"]),
        };
        (metadata, proof)
    }

    #[test]
    fn a_proof_that_axon_has_made_is_right() {
        let (metadata, proof) = real();
        assert_eq!(verify_votes(&metadata, &proof), Ok(()));
    }

    #[test]
    fn a_proof_for_another_round_or_with_too_few_voters_is_not() {
        let (metadata, proof) = real();
        let other = Proof { round: 1, ..proof.clone() };
        assert_eq!(verify_votes(&metadata, &other), Err("Signature".into()));
        let few = Proof { bitmap: Bytes::from_static(&[0x60]), ..proof };
        assert_eq!(verify_votes(&metadata, &few), Err("Weight".into()));
    }
}
