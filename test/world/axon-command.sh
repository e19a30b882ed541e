#!/bin/sh
# What Axon's command line does to a data folder, for the scripts around it: `init` refuses a database
# that is there, and makes it before it fills it; `hardfork` refuses a height that is past. With
# AXON_DIES it is killed in the middle. Not a node: nothing runs.
set -eu

command="$1"
shift
echo "$command $*" >> "$AXON_CALLS"

case "$command" in
  init)
    if [ -e "$AXON_DATA/rocksdb" ]; then
      echo "Data directory $AXON_DATA/rocksdb already exists." >&2
      exit 1
    fi
    mkdir "$AXON_DATA/rocksdb"
    [ -z "${AXON_DIES:-}" ] || kill -KILL $$
    echo genesis > "$AXON_DATA/rocksdb/CURRENT"
    ;;
  hardfork)
    [ -z "${AXON_DIES:-}" ] || kill -KILL $$
    if [ "${AXON_HEIGHT:-0}" -ge "$AXON_FORK_START" ]; then
      echo "Hardfork start block number $AXON_FORK_START less than current number" >&2
      exit 1
    fi
    ;;
esac
