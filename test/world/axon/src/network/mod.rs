//! Connections to other nodes: dialled by the configuration's bootstraps and by what peers tell,
//! accepted from everybody on the same chain.

pub mod faults;
mod frame;
pub mod handshake;
mod link;
pub mod message;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use crate::{
    config::{MultiAddress, pod_ip},
    network::{
        faults::Faults,
        handshake::{Identity, greet},
        link::{Link, run_link},
        message::{Message, Topic},
    },
};

const DIAL_PAUSE: Duration = Duration::from_millis(300);
const GREETING: Duration = Duration::from_secs(5);
/// After so many vain attempts a place that only a peer has told about is forgotten.
const VAIN_DIALS: usize = 20;

pub type Incoming = (String, Message);

pub struct Network {
    pub me: Identity,
    faults: Faults,
    links: Mutex<HashMap<String, Vec<Link>>>,
    /// Whom something is being done about to reach them, and where.
    places: Mutex<HashMap<String, MultiAddress>>,
    next_link: AtomicU64,
    incoming: mpsc::UnboundedSender<Incoming>,
}

impl Network {
    pub fn new(me: Identity, incoming: mpsc::UnboundedSender<Incoming>) -> Arc<Self> {
        Arc::new(Network {
            me,
            faults: Faults::watch(),
            links: Mutex::default(),
            places: Mutex::default(),
            next_link: AtomicU64::new(0),
            incoming,
        })
    }

    pub fn start(self: &Arc<Self>, listener: TcpListener, bootstraps: Vec<MultiAddress>) {
        tokio::spawn(Arc::clone(self).accept(listener));
        for place in bootstraps {
            self.reach(place, usize::MAX);
        }
    }

    pub fn is_hurried(&self) -> bool {
        pod_ip().is_some_and(|local| self.faults.is_hurried(local))
    }

    pub fn peer_count(&self) -> usize {
        self.links.lock().len()
    }

    pub fn broadcast(&self, message: &Message) {
        let frame = message.encode();
        for links in self.links.lock().values() {
            send_over(links, frame.clone());
        }
    }

    /// Whether there is a connection to send it over.
    pub fn send(&self, peer: &str, message: &Message) -> bool {
        let links = self.links.lock();
        links.get(peer).is_some_and(|links| send_over(links, message.encode()))
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let network = Arc::clone(&self);
                    tokio::spawn(async move {
                        if let Err(reason) = network.meet(stream, None).await {
                            log::warn!("[network] a peer was turned away: {reason}");
                        }
                    });
                }
                Err(error) => {
                    log::error!("[network] accept: {error}");
                    sleep(DIAL_PAUSE).await;
                }
            }
        }
    }

    fn reach(self: &Arc<Self>, place: MultiAddress, attempts: usize) {
        let Some(peer) = place.peer.clone() else {
            log::warn!("[network] {}:{} has no peer id", place.host, place.port);
            return;
        };
        if peer == self.me.peer_id {
            return;
        }
        if self.places.lock().insert(peer.clone(), place).is_none() {
            tokio::spawn(Arc::clone(self).keep_reaching(peer, attempts));
        }
    }

    async fn keep_reaching(self: Arc<Self>, peer: String, attempts: usize) {
        let mut vain = 0;
        while vain < attempts {
            let linked = self.links.lock().contains_key(&peer);
            let place = self.places.lock().get(&peer).cloned();
            if let (false, Some(place)) = (linked, place) {
                match self.dial(&place, &peer).await {
                    Ok(()) => vain = 0,
                    Err(reason) => {
                        log::debug!("[network] {peer} at {}: {reason}", place.host);
                        vain += 1;
                    }
                }
            }
            sleep(DIAL_PAUSE).await;
        }
        self.places.lock().remove(&peer);
    }

    /// Returns when the connection is over.
    async fn dial(self: &Arc<Self>, place: &MultiAddress, peer: &str) -> Result<(), String> {
        let said = |error: std::io::Error| error.to_string();
        let found = lookup_host((place.host.as_str(), place.port)).await.map_err(said)?;
        let address = found.into_iter().find(SocketAddr::is_ipv4).ok_or("no address")?;
        if self.is_cut(address.ip()) {
            return Err("nothing passes".into());
        }
        let socket = TcpSocket::new_v4().map_err(said)?;
        // Others know a pod by the address that it comes from.
        if let Some(ip) = pod_ip() {
            socket.bind(SocketAddr::new(ip, 0)).map_err(said)?;
        }
        let stream = timeout(GREETING, socket.connect(address)).await;
        let stream = stream.map_err(|_| "no answer")?.map_err(said)?;
        self.meet(stream, Some(peer)).await
    }

    async fn meet(
        self: &Arc<Self>,
        mut stream: TcpStream,
        expected: Option<&str>,
    ) -> Result<(), String> {
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let remote = stream.peer_addr().map_err(|error| error.to_string())?.ip();
        let local = stream.local_addr().map_err(|error| error.to_string())?.ip();
        if self.faults.is_cut(local, remote) {
            return Err("nothing passes".into());
        }
        let greeted = timeout(GREETING, greet(&mut stream, &self.me)).await;
        let greeted = greeted.map_err(|_| "no greeting")??;
        let peer = greeted.peer_id;
        if expected.is_some_and(|expected| expected != peer) {
            return Err(format!("it is {peer}"));
        }
        if peer == self.me.peer_id {
            return Err("it has this node's own key".into());
        }

        let id = self.next_link.fetch_add(1, Ordering::Relaxed);
        let (outgoing, queue) = mpsc::unbounded_channel();
        self.links.lock().entry(peer.clone()).or_default().push(Link { id, outgoing });
        log::info!("[network] connected to {peer} at {remote}");
        self.introduce(&peer, remote, greeted.port);

        let network = Arc::clone(self);
        run_link(stream, queue, self.faults.clone(), (local, remote), |frame| {
            network.receive(&peer, frame);
        })
        .await;
        self.unlink(&peer, id);
        log::info!("[network] disconnected from {peer}");
        Ok(())
    }

    fn unlink(&self, peer: &str, id: u64) {
        let mut links = self.links.lock();
        if let Some(of_peer) = links.get_mut(peer) {
            of_peer.retain(|link| link.id != id);
            if of_peer.is_empty() {
                links.remove(peer);
            }
        }
    }

    fn is_cut(&self, remote: IpAddr) -> bool {
        pod_ip().is_some_and(|local| self.faults.is_cut(local, remote))
    }

    /// Tells everybody of a new peer, as Axon's discovery does.
    fn introduce(&self, peer: &str, remote: IpAddr, port: u16) {
        if port != 0 {
            let place = format!("{remote} {port} {peer}");
            self.broadcast(&Message::new(Topic::Peers, place.into_bytes()));
        }
    }

    fn receive(self: &Arc<Self>, peer: &str, frame: Bytes) {
        let Some(message) = Message::decode(frame) else { return };
        if message.topic == Topic::Peers {
            if let Some(place) = told(&message.body) {
                self.hear_of(place);
            }
            return;
        }
        let _ = self.incoming.send((peer.to_owned(), message));
    }

    fn hear_of(self: &Arc<Self>, place: MultiAddress) {
        let known = |peer: &String| self.places.lock().contains_key(peer);
        if !place.peer.as_ref().is_some_and(known) {
            self.reach(place, VAIN_DIALS);
        }
    }
}

fn told(body: &[u8]) -> Option<MultiAddress> {
    let text = std::str::from_utf8(body).ok()?;
    let mut parts = text.split(' ');
    let host = parts.next()?.to_owned();
    let port = parts.next()?.parse().ok()?;
    Some(MultiAddress { host, port, peer: parts.next().map(str::to_owned) })
}

fn send_over(links: &[Link], frame: Bytes) -> bool {
    let sent = |link: &Link| link.outgoing.send((Instant::now(), frame.clone())).is_ok();
    links.last().is_some_and(sent)
}
