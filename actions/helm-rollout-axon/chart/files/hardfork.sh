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
  set -- "$@" --feature "$(echo "$feature" | tr '[:upper:]' '[:lower:]')"
done

said="$("$AXON_BINARY" hardfork -c "$AXON_CONFIG" --hardfork-start-number "$AXON_FORK_START" "$@" 2>&1)" || {
  echo "$said" >&2
  case "$said" in
    # Too late to propose it. Whether the chain has it is the other validators' matter by now, and a
    # node that does not start is of no use to it.
    *"less than current number"*)
      echo "axon-hardfork: block $AXON_FORK_START is past: this node was not prepared for it." >&2
      exit 0
      ;;
  esac
  exit 1
}

: > "$prepared"
sync "$prepared" "$AXON_DATA"
echo "axon-hardfork: $AXON_FORK_FEATURES at $AXON_FORK_START is prepared."
