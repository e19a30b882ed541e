//! Axon's keys: secp256k1 for the network and transactions, BLS12-381 for votes.

use std::{fs, path::Path};

use blst::min_pk::{PublicKey, SecretKey, Signature};
use ethereum_types::{H160, H256};
use k256::{
    ecdsa::{SigningKey, VerifyingKey},
    elliptic_curve::sec1::ToEncodedPoint,
};
use rand_core::{OsRng, RngCore};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use crate::hexed;

const BLS_DOMAIN: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RONUL";

pub fn keccak(bytes: impl AsRef<[u8]>) -> H256 {
    H256(Keccak256::digest(bytes.as_ref()).into())
}

/// The address of a public key in either of its forms; none if it is no point of the curve.
pub fn address(public_key: &[u8]) -> Option<H160> {
    let key = VerifyingKey::from_sec1_bytes(public_key).ok()?;
    let point = key.as_affine().to_encoded_point(false);
    Some(H160::from(keccak(&point.as_bytes()[1..])))
}

/// base58(multihash of sha256) of the compressed public key.
pub fn peer_id(public_key: &[u8]) -> String {
    let digest = Sha256::digest(public_key);
    bs58::encode([&[0x12, 0x20], &digest[..]].concat()).into_string()
}

pub fn public_key(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_encoded_point(true).as_bytes().to_vec()
}

pub fn bls_sign(key: &SecretKey, hash: &[u8]) -> Vec<u8> {
    key.sign(hash, BLS_DOMAIN, &[]).to_bytes().to_vec()
}

pub fn bls_verify(key: &PublicKey, hash: &[u8], signature: &[u8]) -> bool {
    Signature::from_bytes(signature).is_ok_and(|signature| {
        let result = signature.verify(true, hash, BLS_DOMAIN, &[], key, true);
        result == blst::BLST_ERROR::BLST_SUCCESS
    })
}

#[derive(Serialize)]
pub struct Keypair {
    index: usize,
    net_private_key: String,
    public_key: String,
    address: String,
    peer_id: String,
    bls_private_key: String,
    bls_public_key: String,
}

impl Keypair {
    pub fn from_private_keys(index: usize, net: &[u8], bls: &[u8]) -> Result<Self, String> {
        let net_key =
            SigningKey::from_slice(net).map_err(|_| "malformed or out-of-range secret key")?;
        let bls_key = SecretKey::from_bytes(bls).map_err(|_| "deserialize fail")?;
        let public = public_key(&net_key);
        Ok(Keypair {
            index,
            net_private_key: hexed::encode(net),
            address: checksummed(address(&public).ok_or("invalid public key")?),
            peer_id: peer_id(&public),
            public_key: hexed::encode(&public),
            bls_private_key: hexed::encode(bls),
            bls_public_key: hexed::encode(bls_key.sk_to_pk().to_bytes()),
        })
    }
}

#[derive(Serialize)]
struct Keypairs {
    keypairs: Vec<Keypair>,
}

/// Writes `net_<i>.key` and `bls_<i>.key` into a folder that is there, and prints all of it.
pub fn generate(count: usize, folder: &Path) -> Result<(), String> {
    let mut keypairs = Vec::with_capacity(count);
    for index in 0..count {
        let net = SigningKey::random(&mut OsRng).to_bytes();
        let mut seed = [0u8; 32];
        OsRng.fill_bytes(&mut seed);
        let bls = SecretKey::key_gen(&seed, &[]).map_err(|_| "key generation")?.to_bytes();

        for (name, key) in [("bls", &bls[..]), ("net", &net[..])] {
            fs::write(folder.join(format!("{name}_{index}.key")), key)
                .map_err(|error| format!("writing private key: {error}"))?;
        }
        keypairs.push(Keypair::from_private_keys(index, &net, &bls)?);
    }
    print_json(&Keypairs { keypairs })
}

pub fn recover(net: &Path, bls: &Path) -> Result<(), String> {
    let read = |path| fs::read(path).map_err(|error| format!("reading private key: {error}"));
    print_json(&Keypair::from_private_keys(0, &read(net)?, &read(bls)?)?)
}

fn print_json(value: &impl Serialize) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    println!("{text}");
    Ok(())
}

/// EIP-55.
pub fn checksummed(address: H160) -> String {
    let digits = hex::encode(address);
    let hash = hex::encode(keccak(&digits));
    let mixed: String = digits
        .chars()
        .zip(hash.chars())
        .map(|(digit, weight)| match weight {
            '8'..='9' | 'a'..='f' => digit.to_ascii_uppercase(),
            _ => digit,
        })
        .collect();
    format!("0x{mixed}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn public_halves_are_those_that_axon_has_published() {
        let vectors: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
        for vector in vectors["keypairs"].as_array().unwrap() {
            let secret = |name: &str| hexed::decode(vector[name].as_str().unwrap()).unwrap();
            let net = secret("net_private_key");
            let pair = Keypair::from_private_keys(0, &net, &secret("bls_private_key")).unwrap();
            assert_eq!(pair.public_key, vector["public_key"]);
            assert_eq!(pair.address.to_lowercase(), vector["address"].as_str().unwrap());
            assert_eq!(pair.peer_id, vector["peer_id"]);
            assert_eq!(pair.bls_public_key, vector["bls_public_key"]);
        }
    }
}
