import { Address, BigInt } from "@graphprotocol/graph-ts";
import { Transfer } from "../generated/templates/MirrorToken/MirrorToken";
import { Mirror } from "../generated/schema";

/** What is minted comes from nobody, what is burned goes to nobody. */
export function handleTransfer(event: Transfer): void {
  const mirror = Mirror.load(event.address);
  if (!mirror) return;

  const unit = BigInt.fromI32(10).pow(mirror.decimals as u8).toBigDecimal();
  const amount = event.params.value.divDecimal(unit);
  if (event.params.from == Address.zero()) mirror.supply = mirror.supply.plus(amount);
  if (event.params.to == Address.zero()) mirror.supply = mirror.supply.minus(amount);
  mirror.save();
}
