//! `axon run`: everything started in Axon's order, until a signal ends it.

use std::{process::ExitCode, sync::Arc, time::Duration};

use bytes::Bytes;
use overlord::{
    Codec, Context, Overlord, OverlordHandler,
    types::{AggregatedVote, OverlordMsg, SignedChoke, SignedProposal, SignedVote},
};
use parking_lot::{Mutex, RwLock};
use rlp::{Decodable, Rlp};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::sleep,
};

use crate::{
    behaviour::{Behaviour, Flavour},
    chain::{block::Proposal, metadata::authorities, store::Store, transaction::Transaction},
    config::{Config, MultiAddress, bound},
    consensus::{
        crypto::BlsCrypto,
        engine::{Engine, status},
        ledger::Ledger,
        signatures::Signatures,
        sync::Sync,
    },
    keys,
    mempool::Mempool,
    network::{
        Incoming, Network,
        handshake::Identity,
        message::{Message, Topic},
    },
    rpc::{methods::Methods, serve_http, serve_metrics, serve_websockets},
    wal::{ConsensusWal, TransactionWal},
};

pub async fn run(config: Config, behaviour: Behaviour) -> Result<ExitCode, String> {
    let store = Store::open(&config.rocksdb(), &behaviour)?;
    log::info!("node starts");
    let header = store.latest().block.header.clone();
    let number = header.number;
    log::info!("At block number {}", number + 1);

    let listener = listen(&config.network.listening_address).await?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let me = Identity::new(&config.net_privkey, header.chain_id, port)?;
    let (incoming, inbox) = mpsc::unbounded_channel();
    let address = keys::address(&me.public_key).ok_or("invalid public key")?;
    let name = me.public_key.clone();
    let network = Network::new(me, incoming);

    let ledger = Arc::new(ledger(store, &config, behaviour.clone())?);
    let wal = |name| config.data_path.join(name);
    let engine = Engine::new(
        Arc::clone(&ledger),
        Arc::clone(&network),
        address,
        ConsensusWal::open(&wal("consensus_wal")).map_err(|error| error.to_string())?,
        TransactionWal::open(&wal("txs_wal")).map_err(|error| error.to_string())?,
    );
    recover_transactions(&ledger, engine.txs_wal.load(number + 1));
    let engine = Arc::new(engine);

    let crypto = Arc::clone(&ledger.crypto);
    let overlord = Overlord::new(name, Arc::clone(&engine), crypto, engine);
    let sync = Sync::new(Arc::clone(&ledger), Arc::clone(&network), overlord.get_handler());
    tokio::spawn(deliver(inbox, Arc::clone(&sync), overlord.get_handler()));
    network.start(listener, bootstraps(&config));
    serve(&config, &ledger, &network).await?;
    tokio::spawn(sync.say_height());

    let metadata = ledger.metadata(number)?;
    if number == 0 {
        let first = OverlordMsg::RichStatus(status(&ledger.metadata(1)?, 1, false));
        let _ = overlord.get_handler().send_msg(Context::new(), first);
    }
    let interval = metadata.consensus_config.interval;
    let timers = metadata.consensus_config.timers();
    let nodes = authorities(&metadata.verifier_list);
    // Without its own WAL, axonweb3's begins with the block that it has already.
    let height = match behaviour.flavour {
        Flavour::Axon => number,
        Flavour::ElAxon => number + 1,
    };
    tokio::spawn(async move { overlord.run(height, interval, nodes, Some(timers)).await });

    until_ended(&behaviour).await
}

fn ledger(store: Store, config: &Config, behaviour: Behaviour) -> Result<Ledger, String> {
    let public = blst::min_pk::SecretKey::from_bytes(&config.bls_privkey)
        .map_err(|_| "crypto error: deserialize fail")?
        .sk_to_pk();
    let crypto = BlsCrypto::new(&config.bls_privkey, Signatures::open(&public.to_bytes()))?;
    crypto.update(&store.state().metadata(store.number())?.verifier_list)?;
    Ok(Ledger {
        proposed_fork: Mutex::new(store.proposed_fork()),
        store: RwLock::new(store),
        mempool: Mempool::default(),
        crypto: Arc::new(crypto),
        behaviour,
        committing: tokio::sync::Mutex::default(),
        syncing: Mutex::default(),
    })
}

fn recover_transactions(ledger: &Ledger, raw: Vec<Bytes>) {
    log::info!("Recover {} txs from wal", raw.len());
    for tx in raw.into_iter().filter_map(|raw| Transaction::decode(raw).ok()) {
        let _ = ledger.mempool.insert(&ledger.store.read(), tx);
    }
}

async fn listen(address: &MultiAddress) -> Result<TcpListener, String> {
    let text = format!("{}:{}", address.host, address.port);
    let address = bound(text.parse().map_err(|_| format!("cannot listen at {text}"))?);
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen at {address}: {error}"))
}

fn bootstraps(config: &Config) -> Vec<MultiAddress> {
    let bootstraps = config.network.bootstraps.iter().flatten();
    bootstraps.map(|bootstrap| bootstrap.multi_address.clone()).collect()
}

async fn serve(
    config: &Config,
    ledger: &Arc<Ledger>,
    network: &Arc<Network>,
) -> Result<(), String> {
    let methods = Methods {
        ledger: Arc::clone(ledger),
        network: Arc::clone(network),
        version: ledger.behaviour.version.clone(),
        max_gas_cap: config.web3.max_gas_cap,
    };
    let metrics = config.prometheus.as_ref().and_then(|prometheus| prometheus.listening_address);
    if let Some(address) = metrics {
        serve_metrics(address, Arc::clone(ledger), Arc::clone(network)).await?;
    }
    if ledger.behaviour.never_ready {
        return Ok(());
    }
    if let Some(address) = config.rpc.http_listening_address {
        serve_http(address, methods.clone()).await?;
    }
    if let Some(address) = config.rpc.ws_listening_address {
        serve_websockets(address, methods).await?;
    }
    Ok(())
}

/// Hands each message that comes to whom it concerns.
async fn deliver(
    mut inbox: mpsc::UnboundedReceiver<Incoming>,
    sync: Arc<Sync>,
    overlord: OverlordHandler<Proposal>,
) {
    while let Some((peer, message)) = inbox.recv().await {
        match message.topic {
            Topic::Height => {
                let Some(height) = message.height() else { continue };
                let sync = Arc::clone(&sync);
                tokio::spawn(async move { sync.hear_height(&peer, height).await });
            }
            Topic::PullBlock => sync.answer(&peer, &message.body),
            Topic::Block => sync.answered(&message.body),
            Topic::Transaction => hear_transaction(&sync, &message),
            _ => {
                if let Some(message) = of_consensus(&message) {
                    let _ = overlord.send_msg(Context::new(), message);
                }
            }
        }
    }
}

fn hear_transaction(sync: &Sync, message: &Message) {
    let Ok(tx) = Transaction::decode(message.body.clone()) else { return };
    let inserted = sync.ledger.mempool.insert(&sync.ledger.store.read(), tx);
    if inserted == Ok(true) {
        sync.network.broadcast(message);
    }
}

fn of_consensus(message: &Message) -> Option<OverlordMsg<Proposal>> {
    fn decoded<T: Decodable>(message: &Message) -> Option<T> {
        Rlp::new(&message.body).as_val().ok()
    }
    fn proposal<T: Codec>(message: &Message) -> Option<SignedProposal<T>> {
        decoded(message)
    }
    match message.topic {
        Topic::Proposal => proposal(message).map(OverlordMsg::SignedProposal),
        Topic::Vote => decoded::<SignedVote>(message).map(OverlordMsg::SignedVote),
        Topic::QuorumCertificate => {
            decoded::<AggregatedVote>(message).map(OverlordMsg::AggregatedVote)
        }
        Topic::Choke => decoded::<SignedChoke>(message).map(OverlordMsg::SignedChoke),
        _ => None,
    }
}

async fn until_ended(behaviour: &Behaviour) -> Result<ExitCode, String> {
    let mut interrupted = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminated = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let crash = async {
        match behaviour.crash_after_ms {
            Some(ms) => sleep(Duration::from_millis(ms)).await,
            None => std::future::pending().await,
        }
    };
    let ended = async {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        if behaviour.ignores_sigterm {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = ended => {
            log::info!("ctrl + c is pressed, quit.");
            sleep(Duration::from_millis(behaviour.stop_delay_ms)).await;
            Ok(ExitCode::SUCCESS)
        }
        () = crash => {
            log::error!("thread 'main' panicked at 'this build crashes'");
            Ok(ExitCode::from(101))
        }
    }
}
