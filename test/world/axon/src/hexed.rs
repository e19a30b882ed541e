//! Bytes and numbers as Axon writes them into JSON: hexadecimal, with `0x`.

use bytes::Bytes;
use ethereum_types::U256;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.strip_prefix("0x").ok_or("HexPrefix")?;
    hex::decode(digits).map_err(|error| error.to_string())
}

pub fn bytes<S: Serializer>(value: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(value))
}

pub fn number<S, U>(value: &U, serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    U: Into<U256> + Copy,
{
    let value: U256 = (*value).into();
    serializer.serialize_str(&format!("{value:#x}"))
}

pub fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    decode(&text).map(Bytes::from).map_err(D::Error::custom)
}
