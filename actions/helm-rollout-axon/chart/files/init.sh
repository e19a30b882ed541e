#!/bin/sh
# Makes the genesis block on a volume that has none. `axon init` makes the database before it fills
# it, so that what is there after a kill is no chain: one marker says that it was begun here, another
# one, written last, that it was done.
set -eu

rocksdb="$AXON_DATA/rocksdb"
begun="$AXON_DATA/.axon-init-begun"
whole="$AXON_DATA/.axon-init-done"

stop() {
  echo "axon-init: $1" >&2
  echo "axon-init: next: $2" >&2
  exit 1
}

# A machine that dies can leave the file cut off in which Axon remembers what it signed. One that is
# shorter than the digest at its beginning is read by Axon again and again, and the node never votes.
for signed in "$AXON_DATA"/consensus_wal/*; do
  [ -f "$signed" ] && [ "$(wc -c < "$signed")" -lt 32 ] || continue
  rm -f "$signed"
  echo "axon-init: $signed was cut off and holds nothing: it is deleted." >&2
done

if [ -e "$whole" ]; then
  [ -d "$rocksdb" ] || stop "$whole says that this volume holds a chain, and $rocksdb is gone." \
    "Restore this volume from a backup, or delete $whole to sync from the other nodes."
  [ "$(cat "$whole")" = "$AXON_GENESIS" ] ||
    echo "axon-init: the chain spec is not the one that this volume was made of; the volume counts." >&2
  echo "axon-init: there is a chain on this volume already."
  exit 0
fi

if [ -e "$rocksdb" ]; then
  [ ! -e "$begun" ] || stop "Half an init: $rocksdb was begun by this container and never finished." \
    "They hold no block. Scale the set of this pod to 0, delete $rocksdb and $begun from a pod that has its claim, and scale it to 1."
  [ "$AXON_ADOPT" = true ] || stop "Half an init, or a chain that was not made by this chart: $rocksdb has no $whole." \
    "If the chain in it is whole, set init.adopt for this one start; if not, scale the set to 0 and delete $rocksdb from a pod that has its claim."
  echo "axon-init: the chain on this volume is adopted."
else
  : > "$begun"
  sync "$begun" "$AXON_DATA"
  "$AXON_BINARY" init -c "$AXON_CONFIG" -s "$AXON_SPEC"
  echo "axon-init: the genesis block is made."
fi

sync
printf '%s' "$AXON_GENESIS" > "$whole.new"
sync "$whole.new"
mv "$whole.new" "$whole"
sync "$AXON_DATA"
rm -f "$begun"
