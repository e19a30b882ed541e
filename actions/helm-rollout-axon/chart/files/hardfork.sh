#!/bin/sh
# Prepares a fork on this node, once: after the fork's height Axon refuses what it has done before.
set -eu

name="$(echo "$AXON_FORK_FEATURES" | tr ' ' '-')"
prepared="$AXON_DATA/.axon-hardfork-$AXON_FORK_START-$name"

if [ -e "$prepared" ]; then
  echo "axon-hardfork: $AXON_FORK_FEATURES at $AXON_FORK_START is prepared already."
  exit 0
fi

set --
for feature in $AXON_FORK_FEATURES; do
  set -- "$@" --feature "$feature"
done
"$AXON_BINARY" hardfork -c "$AXON_CONFIG" --hardfork-start-number "$AXON_FORK_START" "$@"

: > "$prepared"
sync "$prepared" "$AXON_DATA"
echo "axon-hardfork: $AXON_FORK_FEATURES at $AXON_FORK_START is prepared."
