#!/bin/sh
# Ready is what is in sync with its peers: Axon has no address for that, and its RPC answers POST
# alone. The middle of the validators' heights counts, so that none of them alone can say what is
# behind. Those that do not answer say nothing, or a chain whose nodes have all been stopped would
# never start.
set -eu

# Of several nodes at once: the answers of those that answer.
ask() {
  method="$1"
  shift
  for host; do
    shift
    set -- "$@" "http://$host:8000"
  done
  curl -sZ -m 2 -H "Content-Type: application/json" \
    -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$method\",\"params\":[]}" "$@" 2>/dev/null | tr -d ' \n\t'
}

heights() {
  for height in $(ask eth_blockNumber "$@" | grep -o '"result":"0x[0-9a-fA-F]*"' | cut -d '"' -f 4); do
    echo "$((height))"
  done | sort -n
}

case "$(ask eth_syncing "$AXON_HOST")" in
  *'"result":false'*) ;;
  *) echo "It is syncing, or does not answer." && exit 1 ;;
esac

set --
for peer in $AXON_PEERS; do
  [ "$peer" = "$AXON_HOST" ] || set -- "$@" "$peer"
done
[ "$#" -gt 0 ] || exit 0

others="$(heights "$@")"
[ -n "$others" ] || exit 0
middle="$(echo "$others" | sed -n "$((($(echo "$others" | wc -l) + 1) / 2))p")"
lag=$((middle - $(heights "$AXON_HOST")))
if [ "$lag" -gt "$AXON_LAG" ]; then
  echo "It is $lag blocks behind its peers." && exit 1
fi
