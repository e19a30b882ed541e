import { BigInt, Bytes } from "@graphprotocol/graph-ts";
import { LimitSet, Released } from "../generated/Vortex/Vortex";
import { Release, Reserve } from "../generated/schema";

function reserveOf(asset: Bytes): Reserve {
  const known = Reserve.load(asset);
  if (known) return known;

  const reserve = new Reserve(asset);
  reserve.limit = BigInt.zero();
  reserve.released = BigInt.zero();
  return reserve;
}

export function handleLimitSet(event: LimitSet): void {
  const reserve = reserveOf(event.params.asset);
  reserve.limit = event.params.capacity;
  reserve.save();
}

export function handleReleased(event: Released): void {
  const reserve = reserveOf(event.params.asset);
  reserve.released = reserve.released.plus(event.params.amount);
  reserve.save();

  const release = new Release(event.transaction.hash.concatI32(event.logIndex.toI32()));
  release.reserve = reserve.id;
  release.recipient = event.params.to;
  release.amount = event.params.amount;
  release.block = event.block.number;
  release.save();
}
