//! BLS12-381 as Overlord asks for it.

use std::{
    collections::{HashMap, VecDeque},
    error::Error,
};

use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, SecretKey, Signature};
use bytes::Bytes;
use overlord::Crypto;
use parking_lot::{Mutex, RwLock};

use crate::{
    chain::metadata::Validator,
    consensus::signatures::Signatures,
    keys::{bls_sign, bls_verify, keccak},
};

/// How many messages are remembered by their hash, to know what is signed.
const REMEMBERED: usize = 64;

type Failure = Box<dyn Error + Send>;

pub struct BlsCrypto {
    secret: SecretKey,
    /// By secp256k1 key, which is a validator's name in Overlord.
    public: RwLock<HashMap<Bytes, PublicKey>>,
    hashed: Mutex<VecDeque<(Bytes, Bytes)>>,
    signatures: Signatures,
}

impl BlsCrypto {
    pub fn new(secret: &[u8], signatures: Signatures) -> Result<Self, String> {
        Ok(BlsCrypto {
            secret: SecretKey::from_bytes(secret).map_err(|_| "crypto error: deserialize fail")?,
            public: RwLock::new(HashMap::new()),
            hashed: Mutex::new(VecDeque::with_capacity(REMEMBERED)),
            signatures,
        })
    }

    pub fn update(&self, validators: &[Validator]) -> Result<(), String> {
        let keys = validators.iter().map(|validator| {
            let key = PublicKey::from_bytes(&validator.bls_pub_key)
                .map_err(|_| "try from bls pubkey error".to_owned())?;
            Ok((validator.pub_key.clone(), key))
        });
        *self.public.write() = keys.collect::<Result<_, String>>()?;
        Ok(())
    }

    fn key_of(&self, voter: &Bytes) -> Result<PublicKey, Failure> {
        self.public.read().get(voter).copied().ok_or_else(|| failure("lose public key"))
    }
}

impl Crypto for BlsCrypto {
    fn hash(&self, message: Bytes) -> Bytes {
        let hash = Bytes::copy_from_slice(keccak(&message).as_bytes());
        let mut hashed = self.hashed.lock();
        if hashed.len() == REMEMBERED {
            hashed.pop_front();
        }
        hashed.push_back((hash.clone(), message));
        hash
    }

    fn sign(&self, hash: Bytes) -> Result<Bytes, Failure> {
        let hashed = self.hashed.lock();
        let message = hashed.iter().rev().find(|(known, _)| *known == hash);
        let message = message.map(|(_, message)| message.clone());
        drop(hashed);
        self.signatures.record(&message.unwrap_or_default());
        Ok(bls_sign(&self.secret, &hash).into())
    }

    fn verify_signature(&self, signature: Bytes, hash: Bytes, voter: Bytes) -> Result<(), Failure> {
        let key = self.key_of(&voter)?;
        if bls_verify(&key, &hash, &signature) { Ok(()) } else { Err(failure("invalid signature")) }
    }

    fn aggregate_signatures(
        &self,
        signatures: Vec<Bytes>,
        _voters: Vec<Bytes>,
    ) -> Result<Bytes, Failure> {
        let parsed = signatures.iter().map(|bytes| Signature::from_bytes(bytes));
        let parsed: Vec<Signature> =
            parsed.collect::<Result<_, _>>().map_err(|_| failure("deserialize fail"))?;
        let all: Vec<&Signature> = parsed.iter().collect();
        let sum = AggregateSignature::aggregate(&all, true)
            .map_err(|_| failure("aggregate signature fail"))?;
        Ok(Bytes::copy_from_slice(&sum.to_signature().to_bytes()))
    }

    fn verify_aggregated_signature(
        &self,
        signature: Bytes,
        hash: Bytes,
        voters: Vec<Bytes>,
    ) -> Result<(), Failure> {
        let keys = voters.iter().map(|voter| self.key_of(voter)).collect::<Result<Vec<_>, _>>()?;
        verify_aggregated(&keys, &hash, &signature).map_err(|error| failure(&error))
    }
}

pub fn verify_aggregated(keys: &[PublicKey], hash: &[u8], signature: &[u8]) -> Result<(), String> {
    let all: Vec<&PublicKey> = keys.iter().collect();
    let sum = AggregatePublicKey::aggregate(&all, true).map_err(|_| "aggregrate pubkey fail")?;
    if bls_verify(&sum.to_public_key(), hash, signature) {
        Ok(())
    } else {
        Err("invalid signature".into())
    }
}

pub fn failure(text: &str) -> Failure {
    Box::new(std::io::Error::other(text.to_owned()))
}
