pub mod crypto;
pub mod engine;
pub mod ledger;
mod proposal;
pub mod signatures;
pub mod sync;
pub mod verify;
