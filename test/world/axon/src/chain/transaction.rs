//! Ethereum's transactions, as far as their sender, nonce, value and data go.

use bytes::Bytes;
use ethereum_types::{H160, H256, U256};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use rlp::{DecoderError, Rlp, RlpStream};

use crate::keys::{address, keccak};

/// Axon's system contracts are the addresses that begin with nineteen of these.
const SYSTEM_PREFIX: [u8; 19] = [0xff; 19];
pub const METADATA_CONTRACT: H160 = H160([
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0x01,
]);

#[derive(Clone, Debug)]
pub struct Transaction {
    pub raw: Bytes,
    pub hash: H256,
    pub kind: u8,
    pub chain_id: Option<u64>,
    pub nonce: u64,
    pub gas_price: u64,
    pub gas_limit: u64,
    pub to: Option<H160>,
    pub value: U256,
    pub data: Bytes,
    pub sender: H160,
}

/// Where a kind of transaction has its fields, and how many of them are signed.
struct Layout {
    chain_id: Option<usize>,
    nonce: usize,
    gas_price: usize,
    signed: usize,
}

const LEGACY: Layout = Layout { chain_id: None, nonce: 0, gas_price: 1, signed: 6 };
const ACCESS_LIST: Layout = Layout { chain_id: Some(0), nonce: 1, gas_price: 2, signed: 8 };
const DYNAMIC_FEE: Layout = Layout { chain_id: Some(0), nonce: 1, gas_price: 3, signed: 9 };

impl Transaction {
    pub fn is_system(&self) -> bool {
        self.to.is_some_and(|to| to.as_bytes().starts_with(&SYSTEM_PREFIX))
    }

    pub fn decode(raw: Bytes) -> Result<Self, String> {
        let (kind, layout, payload) = match raw.first() {
            Some(0x01) => (1, ACCESS_LIST, raw.slice(1..)),
            Some(0x02) => (2, DYNAMIC_FEE, raw.slice(1..)),
            Some(first) if *first >= 0xc0 => (0, LEGACY, raw.clone()),
            _ => return Err("Invalid transaction header".into()),
        };
        let rlp = Rlp::new(&payload);
        let parts = decode_parts(&rlp, kind, &layout).map_err(|error| error.to_string())?;

        Ok(Transaction {
            hash: keccak(&raw),
            sender: parts.sender().ok_or("malformed or out-of-range signature")?,
            kind,
            chain_id: parts.chain_id,
            nonce: parts.nonce,
            gas_price: parts.gas_price,
            gas_limit: parts.gas_limit,
            to: parts.to,
            value: parts.value,
            data: parts.data,
            raw,
        })
    }
}

pub fn decode_all(raw: &[Bytes]) -> Result<Vec<Transaction>, String> {
    raw.iter().cloned().map(Transaction::decode).collect()
}

struct Parts {
    chain_id: Option<u64>,
    nonce: u64,
    gas_price: u64,
    gas_limit: u64,
    to: Option<H160>,
    value: U256,
    data: Bytes,
    digest: H256,
    parity: u64,
    r: U256,
    s: U256,
}

impl Parts {
    fn sender(&self) -> Option<H160> {
        let mut bytes = [0u8; 64];
        self.r.to_big_endian(&mut bytes[..32]);
        self.s.to_big_endian(&mut bytes[32..]);
        let signature = Signature::from_slice(&bytes).ok()?;
        let id = RecoveryId::from_byte(u8::try_from(self.parity).ok()?)?;
        let digest = self.digest.as_bytes();
        let key = VerifyingKey::recover_from_prehash(digest, &signature, id).ok()?;
        address(key.to_encoded_point(false).as_bytes())
    }
}

fn decode_parts(rlp: &Rlp, kind: u8, layout: &Layout) -> Result<Parts, DecoderError> {
    if rlp.item_count()? != layout.signed + 3 {
        return Err(DecoderError::RlpIncorrectListLen);
    }
    let v: u64 = rlp.val_at(layout.signed)?;
    let (chain_id, parity) = match layout.chain_id {
        Some(index) => (Some(rlp.val_at(index)?), v),
        None if v >= 35 => (Some((v - 35) / 2), (v - 35) % 2),
        None => (None, v.wrapping_sub(27)),
    };
    let gas = layout.gas_price + 1;
    let to = rlp.at(gas + 1)?.data()?;

    Ok(Parts {
        chain_id,
        nonce: rlp.val_at(layout.nonce)?,
        gas_price: rlp.val_at(layout.gas_price)?,
        gas_limit: rlp.val_at(gas)?,
        to: match to.len() {
            0 => None,
            20 => Some(H160::from_slice(to)),
            _ => return Err(DecoderError::RlpInvalidLength),
        },
        value: rlp.val_at(gas + 2)?,
        data: rlp.val_at(gas + 3)?,
        digest: signed_digest(rlp, kind, layout, chain_id)?,
        parity,
        r: rlp.val_at(layout.signed + 1)?,
        s: rlp.val_at(layout.signed + 2)?,
    })
}

fn signed_digest(
    rlp: &Rlp,
    kind: u8,
    layout: &Layout,
    chain_id: Option<u64>,
) -> Result<H256, DecoderError> {
    let protected = kind == 0 && chain_id.is_some();
    let mut stream = RlpStream::new_list(layout.signed + if protected { 3 } else { 0 });
    for index in 0..layout.signed {
        stream.append_raw(rlp.at(index)?.as_raw(), 1);
    }
    if let (true, Some(id)) = (protected, chain_id) {
        stream.append(&id).append(&0u8).append(&0u8);
    }
    let prefix: &[u8] = if kind == 0 { &[] } else { &[kind] };
    Ok(keccak([prefix, &stream.out()].concat()))
}
