//! Who is at the other end: each side signs the other's challenge with its network key.

use bytes::Bytes;
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{Signature, SigningKey, VerifyingKey, signature::hazmat::PrehashSigner};
use rand_core::{OsRng, RngCore};
use rlp_derive::{RlpDecodable, RlpEncodable};
use tokio::net::TcpStream;

use crate::{
    keys::{keccak, peer_id, public_key},
    network::frame::{read_frame, write_frame},
};

pub struct Identity {
    pub key: SigningKey,
    pub public_key: Bytes,
    pub peer_id: String,
    pub chain_id: u64,
    /// Where others can reach it, at the address that it comes from.
    pub port: u16,
}

impl Identity {
    pub fn new(secret: &[u8], chain_id: u64, port: u16) -> Result<Self, String> {
        let key = SigningKey::from_slice(secret).map_err(|_| "malformed secret key")?;
        let public_key = Bytes::from(public_key(&key));
        Ok(Identity { peer_id: peer_id(&public_key), public_key, key, chain_id, port })
    }
}

#[derive(RlpEncodable, RlpDecodable)]
struct Hello {
    chain_id: u64,
    public_key: Bytes,
    port: u16,
    challenge: Bytes,
}

pub struct Greeted {
    pub peer_id: String,
    pub port: u16,
}

pub async fn greet(stream: &mut TcpStream, me: &Identity) -> Result<Greeted, String> {
    let mut challenge = [0u8; 32];
    OsRng.fill_bytes(&mut challenge);
    let hello = Hello {
        chain_id: me.chain_id,
        public_key: me.public_key.clone(),
        port: me.port,
        challenge: Bytes::copy_from_slice(&challenge),
    };
    let lost = |error: std::io::Error| error.to_string();
    write_frame(stream, &rlp::encode(&hello)).await.map_err(lost)?;

    let theirs = read_frame(stream).await.map_err(lost)?;
    let theirs: Hello = rlp::decode(&theirs).map_err(|error| error.to_string())?;
    if theirs.chain_id != me.chain_id {
        return Err(format!("chain id {} is another chain's", theirs.chain_id));
    }
    let signature: Signature = me
        .key
        .sign_prehash(proof_of(&theirs.challenge, &me.public_key).as_bytes())
        .map_err(|error| error.to_string())?;
    write_frame(stream, &signature.to_bytes()).await.map_err(lost)?;

    let signature = read_frame(stream).await.map_err(lost)?;
    verify(&theirs.public_key, &challenge, &signature).ok_or("the signature is wrong")?;
    Ok(Greeted { peer_id: peer_id(&theirs.public_key), port: theirs.port })
}

fn proof_of(challenge: &[u8], public_key: &[u8]) -> ethereum_types::H256 {
    keccak([challenge, public_key].concat())
}

fn verify(public_key: &[u8], challenge: &[u8], signature: &[u8]) -> Option<()> {
    let key = VerifyingKey::from_sec1_bytes(public_key).ok()?;
    let signature = Signature::from_slice(signature).ok()?;
    key.verify_prehash(proof_of(challenge, public_key).as_bytes(), &signature).ok()
}
