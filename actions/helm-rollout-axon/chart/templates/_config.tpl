{{/* Axon's configuration, the same for every node. */}}
{{- define "axon.config" -}}
net_privkey_file = "/var/run/axon/keys/net.key"
bls_privkey_file = "/var/run/axon/keys/bls.key"
data_path = {{ .Values.storage.path | toJson }}

[rpc]
http_listening_address = "0.0.0.0:8000"
ws_listening_address = "0.0.0.0:8010"
maxconn = {{ int64 .Values.config.rpc.maxConnections }}
max_payload_size = {{ int64 .Values.config.rpc.maxPayloadSize }}

[web3]
max_gas_cap = {{ int64 .Values.config.web3.maxGasCap }}
log_filter_max_block_range = {{ int64 .Values.config.web3.logFilterMaxBlockRange }}

[network]
listening_address = "/ip4/0.0.0.0/tcp/8001"
max_connected_peers = {{ int64 .Values.network.maxConnectedPeers }}
{{- range .Values.validators }}
{{- $host := include "axon.host" (dict "root" $ "name" .name) }}

[[network.bootstraps]]
multi_address = {{ printf "/dns4/%s/tcp/8001/p2p/%s" $host (include "axon.peerId" .publicKey) | toJson }}
{{- end }}
{{- range .Values.network.bootstraps }}

[[network.bootstraps]]
multi_address = {{ . | toJson }}
{{- end }}

[synchronization]
sync_txs_chunk_size = {{ int64 .Values.config.synchronization.txsChunkSize }}

[mempool]
pool_size = {{ int64 .Values.config.mempool.poolSize }}
timeout_gap = {{ int64 .Values.config.mempool.timeoutGap }}
broadcast_txs_size = {{ int64 .Values.config.mempool.broadcastTxsSize }}
broadcast_txs_interval = {{ int64 .Values.config.mempool.broadcastTxsInterval }}

[executor]
triedb_cache_size = {{ int64 .Values.config.executor.triedbCacheSize }}

[logger]
filter = {{ .Values.config.logger.filter | toJson }}
log_to_console = true
console_show_file_and_line = false
log_to_file = false
metrics = false
log_path = "/var/log/axon"
file_size_limit = 16777216
{{- with .Values.config.logger.modules }}

[logger.modules_level]
{{- range $module, $level := . }}
{{ $module | toJson }} = {{ $level | toJson }}
{{- end }}
{{- end }}

[rocksdb]
max_open_files = {{ int64 .Values.config.rocksdb.maxOpenFiles }}
cache_size = {{ int64 .Values.config.rocksdb.cacheSize }}
{{- if .Values.config.rocksdb.options }}
options_file = "/etc/axon/rocksdb.options"
{{- end }}

[prometheus]
listening_address = "0.0.0.0:8100"
{{ end -}}

{{/* The chain spec: the one that is given, or one for a new chain of these validators. */}}
{{- define "axon.spec" -}}
{{- if .Values.chain.spec -}}
{{ .Values.chain.spec }}
{{- else -}}
{{- with .Values.chain -}}
{{- if not .genesis.accounts -}}
accounts = []

{{ end -}}
[genesis]
timestamp = {{ int64 .genesis.timestamp }}
base_fee_per_gas = {{ .genesis.baseFeePerGas | toJson }}
chain_id = {{ int64 .id }}
hardforks = {{ .genesis.hardforks | toJson }}
{{- range .genesis.accounts }}

[[accounts]]
address = {{ .address | toJson }}
balance = {{ .balance | toJson }}
{{- end }}

[params]
epoch = 0

[params.version]
start = 1
end = {{ int64 .epochEnd }}

[params.consensus_config]
interval = {{ int64 .consensus.interval }}
propose_ratio = {{ int64 .consensus.proposeRatio }}
prevote_ratio = {{ int64 .consensus.prevoteRatio }}
precommit_ratio = {{ int64 .consensus.precommitRatio }}
brake_ratio = {{ int64 .consensus.brakeRatio }}
gas_limit = {{ int64 .consensus.gasLimit }}
tx_num_limit = {{ int64 .consensus.txNumLimit }}
max_tx_size = {{ int64 .consensus.maxTxSize }}
max_contract_limit = {{ int64 .consensus.maxContractLimit }}
{{- end }}
{{- range .Values.validators }}
{{- if ne (toString .genesis) "false" }}

[[params.verifier_list]]
bls_pub_key = {{ .blsPublicKey | toJson }}
pub_key = {{ .publicKey | toJson }}
{{- with .address }}
address = {{ . | toJson }}
{{- end }}
propose_weight = {{ int64 (default 1 .proposeWeight) }}
vote_weight = {{ int64 (default 1 .voteWeight) }}
{{- end }}
{{- end }}
{{ end -}}
{{- end -}}

{{/*
What the nodes are told, in a ConfigMap that never changes: its name holds its content's hash. A pod
that is held, and is replaced by its node's failure, gets what it had.
*/}}
{{- define "axon.files" -}}
config.toml: |2
  {{- include "axon.config" . | nindent 2 }}
chain-spec.toml: |2
  {{- include "axon.spec" . | nindent 2 }}
{{- with .Values.config.rocksdb.options }}
rocksdb.options: |2
  {{- . | nindent 2 }}
{{- end }}
{{- range $path, $_ := .Files.Glob "files/*.sh" }}
{{ base $path }}: |2
  {{- $.Files.Get $path | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "axon.filesName" -}}
{{- printf "%s-files-%s" (include "axon.name" .) (include "axon.files" . | sha256sum | trunc 10) -}}
{{- end -}}
