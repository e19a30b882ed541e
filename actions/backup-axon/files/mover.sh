#!/bin/sh
# Copies a stopped node's data into a bucket, in parts, or out of it again. It runs in the chain's own
# image: sh, curl, tar and coreutils are all that it needs, and the only rights that it has are a
# role's for one folder of the bucket.
#
#   mover.sh pack     MOVER_DATA to MOVER_S3/parts, then MOVER_S3/contents.json
#   mover.sh unpack   MOVER_S3/parts to MOVER_DATA, by the list in MOVER_PARTS
#   mover.sh strip    leaves in MOVER_DATA what a backup holds, and nothing else
#   mover.sh empty    leaves nothing in MOVER_DATA
set -eu

# What a chain is made of. Everything else on the volume is a node's own: what it signed last
# (consensus_wal), transactions of blocks that are not made yet (txs_wal), keys of older set-ups.
CONTENTS="rocksdb axon.ver .axon-init-done .axon-hardfork-*"
DONE=.axon-restored

TRIES=8
SESSION_S=900

# What another try may mend ends with 1, what none mends with 42: its Job is told to give up.
stop() {
  echo "mover: $1" >&2
  echo "mover: next: $2" >&2
  exit "${3:-1}"
}

HOPELESS=42

# What is there of it, one name a line.
contents() {
  (
    cd "$MOVER_DATA"
    for name in $CONTENTS; do
      if [ -e "$name" ]; then echo "$name"; fi
    done
  )
}

entered=0

# A session of the role, never older than a quarter of an hour. It is in memory alone, and in no
# process's arguments.
enter() {
  now="$(date +%s)"
  if [ $((now - entered)) -lt "$SESSION_S" ]; then return; fi
  (
    umask 0077
    curl -sS -m 30 --retry 5 --retry-connrefused --fail-with-body "$MOVER_STS/" \
      -d Action=AssumeRoleWithWebIdentity -d Version=2011-06-15 -d DurationSeconds=3600 \
      --data-urlencode "RoleArn=$AWS_ROLE_ARN" -d "RoleSessionName=$MOVER_NAME" \
      --data-urlencode "WebIdentityToken@$AWS_WEB_IDENTITY_TOKEN_FILE" \
      > "$MOVER_SECRETS/answer" ||
      {
        echo "mover: $(field Message)" >&2
        stop "AWS does not let this pod assume $AWS_ROLE_ARN." \
          "Trust the service account's subject in the role: see the README."
      }
    cat > "$MOVER_SECRETS/session.new" <<END
aws-sigv4 = "aws:amz:$MOVER_REGION:s3"
user = "$(field AccessKeyId):$(field SecretAccessKey)"
header = "x-amz-security-token: $(field SessionToken)"
END
    rm -f "$MOVER_SECRETS/answer"
    mv "$MOVER_SECRETS/session.new" "$MOVER_SECRETS/session"
  )
  entered="$now"
}

field() {
  tr -d '\n' < "$MOVER_SECRETS/answer" | sed -n "s:.*<$1>\([^<]*\)</$1>.*:\1:p"
}

# Sends a request until it is answered for good: `ask NAME OK ARGUMENTS…` sets $status, which is one
# of the words of OK. What S3 says against it is in the file `said`.
ask() {
  name="$1" wanted="$2"
  shift 2
  try=0
  while :; do
    enter
    status="$(curl -sS -m 900 --connect-timeout 10 -K "$MOVER_SECRETS/session" -H Expect: \
      -w '%{http_code}' "$@" 2> "$MOVER_WORK/trouble")" || status=000
    for one in $wanted; do
      if [ "$status" = "$one" ]; then return; fi
    done
    try=$((try + 1))
    case "$status" in
      000 | 409 | 429 | 5??) ;;
      # A part that arrived otherwise than it was sent is sent again.
      400) entered=0 ;;
      *) refused "$name" ;;
    esac
    if [ "$try" -ge "$TRIES" ]; then refused "$name"; fi
    sleep "$try"
  done
}

refused() {
  why="$(tr -d '\n' < "$MOVER_WORK/said" 2> /dev/null |
    sed -n 's:.*<Code>\(.*\)</Code>.*<Message>\([^<]*\)</Message>.*:\1, \2:p')"
  case "$status" in 403 | 404) code="$HOPELESS" ;; *) code=1 ;; esac
  stop "S3 does not take or give $1: $status ${why:-$(cat "$MOVER_WORK/trouble")}" \
    "Mend what it says, and run this again: it goes on from the parts that are there." "$code"
}

# put FILE NAME SHA256: creates an object; one that is there stays as it is. A bucket that locks what is
# stored wants the algorithm named as well.
put() {
  ask "$2" "200 412" -o "$MOVER_WORK/said" -T "$1" "$MOVER_S3/$2" \
    -H "x-amz-content-sha256: $3" \
    -H "x-amz-sdk-checksum-algorithm: SHA256" \
    -H "x-amz-checksum-sha256: $(printf %s "$3" | tr a-f A-F | basenc --base16 -d | base64)" \
    -H "If-None-Match: *"
}

sha256() {
  sha256sum < "$1" | cut -d ' ' -f 1
}

pack() {
  [ -d "$MOVER_DATA/rocksdb" ] ||
    stop "There is no chain on this volume: no rocksdb." "Back up a node that has synced." "$HOPELESS"
  part="$MOVER_WORK/part" list="$MOVER_WORK/list"
  index=0 total=0
  : > "$list"
  contents > "$MOVER_WORK/names"
  rm -f "$MOVER_WORK/stream"
  mkfifo "$MOVER_WORK/stream"
  # The same volume makes the same bytes each time: so parts that are there need not be sent again.
  tar --create --directory "$MOVER_DATA" --sort=name --format=gnu --numeric-owner --owner=0 \
    --group=0 --mode=u=rwX,go=rX --files-from "$MOVER_WORK/names" > "$MOVER_WORK/stream" &
  tar=$!
  exec 3< "$MOVER_WORK/stream"
  while :; do
    head -c "$MOVER_PART_BYTES" <&3 > "$part"
    [ -s "$part" ] || break
    size="$(wc -c < "$part")"
    sum="$(sha256 "$part")"
    key="$(printf 'parts/%05d-%s' "$index" "$sum")"
    if grep -qxF "$key" "$MOVER_PARTS"; then
      echo "mover: part $index is there, $size bytes."
    else
      put "$part" "$key" "$sum"
      echo "mover: part $index is stored, $size bytes."
    fi
    printf '%s{"key":"%s","size":%s,"sha256":"%s"}\n' \
      "$(if [ "$index" -gt 0 ]; then echo ,; fi)" "$key" "$size" "$sum" >> "$list"
    index=$((index + 1)) total=$((total + size))
  done
  exec 3<&-
  wait "$tar" || stop "The volume could not be read to its end." "See the lines before this one."
  unpacked="$(cd "$MOVER_DATA" && tr "\n" "\0" < "$MOVER_WORK/names" | du -bc --files0-from=- | tail -n 1 | cut -f 1)"
  {
    printf '{"format":"axon-backup-contents","version":1,"bytes":%s,"unpacked":%s,"parts":[\n' \
      "$total" "$unpacked"
    cat "$list"
    printf ']}\n'
  } > "$MOVER_WORK/contents.json"
  put "$MOVER_WORK/contents.json" contents.json "$(sha256 "$MOVER_WORK/contents.json")"
  echo "mover: all $index parts are stored, $total bytes."
}

unpack() {
  if [ "$(cat "$MOVER_DATA/$DONE" 2> /dev/null || true)" = "$MOVER_BACKUP" ]; then
    echo "mover: $MOVER_BACKUP is on this volume already."
    return
  fi
  part="$MOVER_WORK/part"
  # What a pod that died has left is half a chain.
  wipe
  rm -f "$MOVER_WORK/stream"
  mkfifo "$MOVER_WORK/stream"
  tar --extract --directory "$MOVER_DATA" --no-same-owner < "$MOVER_WORK/stream" &
  tar=$!
  exec 3> "$MOVER_WORK/stream"
  taken=yes
  while read -r key size sum; do
    fetch "$key" "$size" "$sum"
    # A tar that has given up reads no more.
    cat "$part" >&3 2> /dev/null || { taken=no; break; }
    echo "mover: $key is right, $size bytes."
  done < "$MOVER_PARTS"
  exec 3>&-
  wait "$tar" || taken=no
  [ "$taken" = yes ] ||
    stop "The archive could not be unpacked; the lines before this one say why." \
      "Make the volume larger if it is full; otherwise restore another backup." "$HOPELESS"
  strip
}

# A part as the manifest has it. One that is not is fetched once more: lines have flipped bits, too.
fetch() {
  for _ in 1 2; do
    ask "$1" 200 -o "$part" "$MOVER_S3/$1" \
      -H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    if [ "$(wc -c < "$part")" -eq "$2" ] && [ "$(sha256 "$part")" = "$3" ]; then return; fi
  done
  stop "$1 is not what was backed up: $(wc -c < "$part") bytes, SHA-256 $(sha256 "$part")." \
    "Restore another backup; this one is damaged." "$HOPELESS"
}

strip() {
  [ -d "$MOVER_DATA/rocksdb" ] || stop "There is no chain on this volume." "Restore another backup." "$HOPELESS"
  contents > "$MOVER_WORK/names"
  for path in "$MOVER_DATA"/* "$MOVER_DATA"/.[!.]*; do
    name="${path##*/}"
    if [ "$name" = lost+found ] || grep -qxF "$name" "$MOVER_WORK/names"; then continue; fi
    rm -rf "$path"
  done
  sync
  printf %s "$MOVER_BACKUP" > "$MOVER_DATA/$DONE.new"
  sync "$MOVER_DATA/$DONE.new"
  mv "$MOVER_DATA/$DONE.new" "$MOVER_DATA/$DONE"
  sync "$MOVER_DATA"
  echo "mover: $MOVER_BACKUP is on this volume."
}

wipe() {
  find "$MOVER_DATA" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
}

empty() {
  wipe
  sync "$MOVER_DATA"
  echo "mover: this volume is empty."
}

case "${1:-}" in
  pack | unpack | strip | empty) "$1" ;;
  *) stop "\"${1:-}\" is nothing that it does." "Say pack, unpack, strip or empty." ;;
esac
