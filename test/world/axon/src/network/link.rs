//! One connection, until either side or a fault ends it.

use std::net::IpAddr;

use bytes::Bytes;
use tokio::{
    io,
    net::TcpStream,
    sync::mpsc,
    time::{Instant, interval, sleep_until},
};

use crate::network::{
    faults::{Faults, LOOK},
    frame::{read_frame, write_frame},
};

/// What is to be sent, and since when.
type Outgoing = (Instant, Bytes);

pub struct Link {
    pub id: u64,
    pub outgoing: mpsc::UnboundedSender<Outgoing>,
}

pub async fn run_link(
    stream: TcpStream,
    mut queue: mpsc::UnboundedReceiver<Outgoing>,
    faults: Faults,
    (local, remote): (IpAddr, IpAddr),
    receive: impl Fn(Bytes),
) {
    let (mut reader, mut writer) = stream.into_split();
    let reading = async {
        loop {
            receive(read_frame(&mut reader).await?);
        }
        #[allow(unreachable_code)]
        Ok::<(), io::Error>(())
    };
    let writing = async {
        while let Some((since, frame)) = queue.recv().await {
            sleep_until(since + faults.delay(local, remote)).await;
            write_frame(&mut writer, &frame).await?;
        }
        Ok::<(), io::Error>(())
    };
    let cut = async {
        let mut look = interval(LOOK);
        while !faults.is_cut(local, remote) {
            look.tick().await;
        }
    };
    tokio::select! {
        _ = reading => {}
        _ = writing => {}
        () = cut => {}
    }
}
