//! A file of records that only grows: each a length, a digest and itself.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use crate::keys::keccak;

const HEAD: usize = 4 + 32;

/// Durable when it returns.
pub fn append(file: &mut File, record: &[u8]) -> Result<(), String> {
    let length = u32::try_from(record.len()).map_err(|error| error.to_string())?;
    let whole = [&length.to_be_bytes(), keccak(record).as_bytes(), record].concat();
    file.write_all(&whole).and_then(|()| file.sync_data()).map_err(said)
}

/// The records, and the file at its end; one whose writing was cut off is cut away.
pub fn read_all(mut file: File) -> Result<(Vec<Vec<u8>>, File), String> {
    let mut content = vec![];
    file.read_to_end(&mut content).map_err(said)?;
    let mut records = vec![];
    let mut at = 0;
    while let Some(length) = content.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let Some(record) = content.get(at + HEAD..at + HEAD + length) else { break };
        if content[at + 4..at + HEAD] != *keccak(record).as_bytes() {
            return Err(format!("Corruption: block checksum mismatch at offset {at}"));
        }
        records.push(record.to_vec());
        at += HEAD + length;
    }
    file.set_len(at as u64).map_err(said)?;
    file.seek(SeekFrom::End(0)).map_err(said)?;
    Ok((records, file))
}

/// Overwrites some of the first record.
pub fn corrupt(file: &mut File) -> io::Result<()> {
    file.seek(SeekFrom::Start(HEAD as u64))?;
    file.write_all(&[0; 8])?;
    file.seek(SeekFrom::End(0)).map(|_| ())
}

fn said(error: io::Error) -> String {
    format!("IO error: {error}")
}
