//! What nodes say to each other.

use bytes::Bytes;
use rlp::Rlp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Proposal = 1,
    Vote,
    QuorumCertificate,
    Choke,
    Height,
    Transaction,
    Peers,
    PullBlock,
    Block,
}

impl Topic {
    const ALL: [Topic; 9] = [
        Topic::Proposal,
        Topic::Vote,
        Topic::QuorumCertificate,
        Topic::Choke,
        Topic::Height,
        Topic::Transaction,
        Topic::Peers,
        Topic::PullBlock,
        Topic::Block,
    ];
}

#[derive(Clone, Debug)]
pub struct Message {
    pub topic: Topic,
    pub body: Bytes,
}

impl Message {
    pub fn new(topic: Topic, body: impl Into<Bytes>) -> Self {
        Message { topic, body: body.into() }
    }

    pub fn encode(&self) -> Bytes {
        [&[self.topic as u8], self.body.as_ref()].concat().into()
    }

    pub fn decode(frame: Bytes) -> Option<Self> {
        let topic = Topic::ALL.into_iter().find(|topic| Some(&(*topic as u8)) == frame.first())?;
        Some(Message { topic, body: frame.slice(1..) })
    }

    pub fn height(&self) -> Option<u64> {
        Rlp::new(&self.body).as_val().ok()
    }
}
