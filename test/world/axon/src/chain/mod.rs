pub mod block;
pub mod calls;
pub mod metadata;
mod records;
pub mod state;
pub mod store;
pub mod transaction;
