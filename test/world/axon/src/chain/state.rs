//! What blocks change: accounts, epochs, features. Contracts are not executed.

use std::collections::{BTreeMap, HashSet};

use ethereum_types::{H160, H256, U256};
use rlp::Rlp;
use serde::Serialize;

use crate::{
    behaviour::Flavour,
    chain::{
        block::ExtraData,
        calls::MetadataCall,
        metadata::{
            ConsensusConfig, HardforkInfo, Metadata, MetadataVersion, ProposeCount, Validator,
            push_hardfork,
        },
        transaction::{METADATA_CONTRACT, Transaction},
    },
    keys::keccak,
};

pub const TRANSFER_GAS: u64 = 21_000;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Account {
    pub nonce: u64,
    pub balance: U256,
}

#[derive(Clone, Debug, Serialize)]
struct Epoch {
    version: MetadataVersion,
    verifier_list: Vec<Validator>,
    propose_counter: Vec<ProposeCount>,
}

#[derive(Clone, Debug, Serialize)]
pub struct State {
    accounts: BTreeMap<H160, Account>,
    /// The last block of each epoch, after a zero.
    segment: Vec<u64>,
    epochs: Vec<Epoch>,
    config: ConsensusConfig,
    pub hardforks: Vec<HardforkInfo>,
    /// What only another build of the program adds.
    #[serde(skip_serializing_if = "is_zero")]
    other: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A block to execute, as far as that depends on it.
pub struct Context<'a> {
    pub number: u64,
    pub proposer: H160,
    pub extra_data: &'a [ExtraData],
    pub flavour: Flavour,
    /// Executed by a build that comes to another result.
    pub other: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub succeeded: bool,
    pub gas_used: u64,
}

const REVERTED: Outcome = Outcome { succeeded: false, gas_used: TRANSFER_GAS };

impl State {
    pub fn new(accounts: BTreeMap<H160, Account>, config: ConsensusConfig) -> Self {
        State { accounts, segment: vec![0], epochs: vec![], config, hardforks: vec![], other: 0 }
    }

    pub fn root(&self) -> H256 {
        keccak(serde_json::to_vec(self).expect("a state is JSON"))
    }

    pub fn account(&self, address: &H160) -> Account {
        self.accounts.get(address).cloned().unwrap_or_default()
    }

    pub fn metadata(&self, number: u64) -> Result<Metadata, String> {
        let epoch = if number == 0 { 0 } else { self.epoch_of(number)? };
        let found = self.epochs.get(epoch).ok_or(format!("Missing record {epoch}"))?;
        Ok(Metadata {
            version: found.version,
            epoch: epoch as u64,
            verifier_list: found.verifier_list.clone(),
            propose_counter: found.propose_counter.clone(),
            consensus_config: self.config.clone(),
        })
    }

    pub fn has_epoch(&self, epoch: u64) -> bool {
        (epoch as usize) < self.epochs.len()
    }

    pub fn is_validator(&self, number: u64, address: &H160) -> bool {
        self.metadata(number).is_ok_and(|metadata| {
            metadata.verifier_list.iter().any(|validator| &validator.address == address)
        })
    }

    fn epoch_of(&self, number: u64) -> Result<usize, String> {
        self.segment
            .windows(2)
            .position(|ends| ends[0] < number && number <= ends[1])
            .ok_or_else(|| "Future epoch".to_owned())
    }

    pub fn append_metadata(
        &mut self,
        version: MetadataVersion,
        epoch: u64,
        validators: Vec<Validator>,
        config: ConsensusConfig,
    ) -> Result<(), String> {
        let last = *self.segment.last().expect("begins with a zero");
        if epoch != self.epochs.len() as u64 {
            return Err("Past epoch".into());
        }
        if epoch != 0 && version.start != last + 1 {
            return Err("Metadata version discontinuity".into());
        }
        if version.end <= last {
            return Err(format!("Invalid epoch end {}", version.end));
        }
        let addresses: std::collections::BTreeSet<H160> =
            validators.iter().map(|validator| validator.address).collect();
        self.segment.push(version.end);
        self.epochs.push(Epoch {
            version,
            verifier_list: validators,
            propose_counter: addresses
                .into_iter()
                .map(|address| ProposeCount { address, count: 0 })
                .collect(),
        });
        self.config = config;
        Ok(())
    }

    /// Executes a block's transactions; what is left is the state after it.
    pub fn execute(&mut self, context: &Context, txs: &[Transaction]) -> Vec<Outcome> {
        let outcomes = txs.iter().map(|tx| self.execute_one(context, tx)).collect();
        self.after_block(context);
        outcomes
    }

    fn execute_one(&mut self, context: &Context, tx: &Transaction) -> Outcome {
        if tx.is_system() {
            return match self.call_system(context, tx) {
                Ok(()) => {
                    self.accounts.entry(tx.sender).or_default().nonce += 1;
                    Outcome { succeeded: true, gas_used: 0 }
                }
                Err(reason) => {
                    log::error!("[metadata] {reason}");
                    REVERTED
                }
            };
        }
        let sender = self.accounts.entry(tx.sender).or_default();
        let fee = U256::from(tx.gas_price) * TRANSFER_GAS;
        let cost = tx.value.saturating_add(fee);
        if sender.nonce != tx.nonce || sender.balance < cost {
            return REVERTED;
        }
        sender.nonce += 1;
        sender.balance -= cost;
        if let Some(to) = tx.to {
            let receiver = self.accounts.entry(to).or_default();
            receiver.balance = receiver.balance.saturating_add(tx.value);
        }
        Outcome { succeeded: true, gas_used: TRANSFER_GAS }
    }

    fn call_system(&mut self, context: &Context, tx: &Transaction) -> Result<(), String> {
        if tx.to != Some(METADATA_CONTRACT) {
            return Err("no such system contract here".into());
        }
        if !self.is_validator(context.number, &tx.sender) {
            return Err(format!("{:#x} is no validator", tx.sender));
        }
        match MetadataCall::decode(&tx.data).ok_or("invalid tx data")? {
            MetadataCall::AppendMetadata { version, epoch, validators, config } => {
                self.append_metadata(version, epoch, validators, config)
            }
            MetadataCall::UpdateConsensusConfig(config) => {
                self.config = config;
                Ok(())
            }
            MetadataCall::UpdateValidatorList(validators) if context.flavour == Flavour::ElAxon => {
                self.update_validators(context.number, validators)
            }
            MetadataCall::UpdateValidatorList(_) => Err("invalid tx data".into()),
        }
    }

    fn update_validators(&mut self, number: u64, mut list: Vec<Validator>) -> Result<(), String> {
        let index = self.epoch_of(number)?;
        let epoch = &mut self.epochs[index];
        let known: HashSet<H160> = epoch.verifier_list.iter().map(|v| v.address).collect();
        let new = list.iter().filter(|v| !known.contains(&v.address));
        let counts = new.map(|v| ProposeCount { address: v.address, count: 0 });
        epoch.propose_counter.extend(counts);
        list.sort_by_key(|validator| validator.address);
        epoch.verifier_list = list;
        Ok(())
    }

    fn after_block(&mut self, context: &Context) {
        if context.number == 0 {
            return;
        }
        self.other += u64::from(context.other);
        // Whichever flavour, this is where the fork is looked for. el-axon has put something else
        // there, so with it no fork is ever determined.
        let first = context.extra_data.first();
        if let Some(fork) = first.and_then(|data| Rlp::new(&data.inner).as_val().ok()) {
            push_hardfork(&mut self.hardforks, fork);
        }
        let Ok(index) = self.epoch_of(context.number) else { return };
        let mut counts = self.epochs[index].propose_counter.iter_mut();
        if let Some(count) = counts.find(|count| count.address == context.proposer) {
            count.count += 1;
        }
    }
}
