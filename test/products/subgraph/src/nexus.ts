import { BigDecimal, BigInt, log } from "@graphprotocol/graph-ts";
import { Delivered, MirrorCreated, PeerSet, Sent } from "../generated/Nexus/Nexus";
import { MirrorToken } from "../generated/Nexus/MirrorToken";
import { Delivery, Mirror, Peer, Transfer } from "../generated/schema";
import { MirrorToken as MirrorTokenSource } from "../generated/templates";
import { assetOf } from "./asset";

export function handlePeerSet(event: PeerSet): void {
  const peer = new Peer(event.params.chainId.toString());
  peer.nexus = event.params.peer;
  peer.save();
}

export function handleMirrorCreated(event: MirrorCreated): void {
  const asset = assetOf(event.params.home, event.params.token);
  asset.mirror = event.params.mirror;
  asset.save();

  const mirror = new Mirror(event.params.mirror);
  const token = MirrorToken.bind(event.params.mirror);
  const symbol = token.try_symbol();
  mirror.asset = asset.id;
  mirror.name = token.name();
  mirror.symbol = symbol.reverted ? "?" : symbol.value;
  mirror.decimals = token.decimals();
  mirror.supply = BigDecimal.zero();
  mirror.save();
  MirrorTokenSource.create(event.params.mirror);
  log.info("{} mirrors {}", [mirror.symbol, event.params.token.toHexString()]);
}

export function handleSent(event: Sent): void {
  const sent = event.params.transfer;
  assert(sent.amount.gt(BigInt.zero()), "a transfer of nothing");

  const asset = assetOf(sent.asset.home, sent.asset.token);
  asset.transferCount += 1;
  asset.sent = asset.sent.plus(sent.amount);
  asset.save();

  const transfer = new Transfer(event.params.id);
  transfer.nonce = sent.nonce;
  transfer.destination = sent.destination;
  transfer.asset = asset.id;
  transfer.recipient = sent.recipient;
  transfer.amount = sent.amount;
  transfer.block = event.block.number;
  transfer.timestamp = event.block.timestamp;
  transfer.transaction = event.transaction.hash;
  transfer.save();
}

export function handleDelivered(event: Delivered): void {
  const delivery = new Delivery(event.params.id);
  delivery.block = event.block.number;
  delivery.transaction = event.transaction.hash;
  delivery.save();
}
