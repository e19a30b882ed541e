import { Address, BigInt, ByteArray, Bytes } from "@graphprotocol/graph-ts";
import { Asset } from "../generated/schema";

/** The asset by its home chain and its address there; a new one when nothing is known of it yet. */
export function assetOf(home: BigInt, token: Address): Asset {
  const id = Bytes.fromByteArray(ByteArray.fromBigInt(home)).concat(token);
  const known = Asset.load(id);
  if (known) return known;

  const asset = new Asset(id);
  asset.home = home;
  asset.token = token;
  asset.transferCount = 0;
  asset.sent = BigInt.zero();
  return asset;
}
