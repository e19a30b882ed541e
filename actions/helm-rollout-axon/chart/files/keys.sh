#!/bin/sh
# Puts a node's keys where its configuration names them, in memory. A validator's are copied: the
# CSI driver hands them out as root's. Any other node makes some up: its network wants a name, and
# its votes count for nothing.
set -eu

# A file that was here when the pod's sandbox was started again cannot be written to.
umask 0337

for key in net.key bls.key; do
  file="$AXON_KEYS/$key"
  if [ -n "$AXON_KEYS_FROM" ]; then
    rm -f "$file"
    cat "$AXON_KEYS_FROM/$key" > "$file"
  elif [ ! -e "$file" ]; then
    # A first byte of zero keeps it below the order of both curves. What is killed here leaves no half a key.
    rm -f "$file.new"
    { printf '\000' && head -c 31 /dev/urandom; } > "$file.new"
    mv "$file.new" "$file"
  fi

  size="$(wc -c < "$file")"
  if [ "$size" -ne 32 ]; then
    echo "axon-keys: $key has $size bytes and not the 32 of a raw key." >&2
    echo "axon-keys: next: store the bytes themselves, not their hexadecimal digits." >&2
    exit 1
  fi
done
