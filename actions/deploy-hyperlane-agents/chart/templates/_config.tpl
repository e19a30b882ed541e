{{/* The chains that it reads: a validator its origin, a relayer both ends of its routes. */}}
{{- define "agent.chains" -}}
{{- $names := list -}}
{{- if eq .Values.agent "validator" -}}
  {{- $names = list .Values.validator.originChain -}}
{{- else -}}
  {{- range .Values.relayer.routes -}}
    {{- $names = append (append $names .origin) .destination -}}
  {{- end -}}
{{- end -}}
{{- join "," ($names | uniq | sortAlpha) -}}
{{- end -}}

{{/*
A chain as agents read it: { root, name }. They want rpcUrls to be there even where others are given in
the environment; these lead nowhere, so that nothing is asked of a node that nobody has chosen.
*/}}
{{- define "agent.chain" -}}
{{- $values := .root.Values -}}
{{- $chain := omit (default dict (get $values.chains .name)) "rpcUrls" "blockExplorers" -}}
{{- $_ := set $chain "rpcUrls" (list (dict "http" "https://rpc.invalid")) -}}
{{- /* Agents refuse blocks without it; of a chain without any blocks they take one second. */ -}}
{{- $_ := set $chain "blocks" (merge dict (default dict $chain.blocks) (dict "estimateBlockTime" 1)) -}}
{{- $own := ternary "quorum" "fallback" (eq $values.agent "validator") -}}
{{- $_ := set $chain "rpcConsensusType" (default $own $values.rpc.consensus) -}}
{{- $_ := set $chain "signer" (include "agent.signer" .root | fromJson) -}}
{{- toJson $chain -}}
{{- end -}}

{{- define "agent.signer" -}}
{{- dict "type" "aws" "id" .Values.key.id "region" .Values.key.region | toJson -}}
{{- end -}}

{{/* What messages a relayer takes: those of its routes. */}}
{{- define "agent.whitelist" -}}
{{- $list := list -}}
{{- range .Values.relayer.routes -}}
  {{- $origin := default dict (get $.Values.chains .origin) -}}
  {{- $destination := default dict (get $.Values.chains .destination) -}}
  {{- $entry := dict
    "originDomain" (int64 (default $origin.chainId $origin.domainId))
    "destinationDomain" (int64 (default $destination.chainId $destination.domainId)) -}}
  {{- $list = append $list $entry -}}
{{- end -}}
{{- toJson $list -}}
{{- end -}}

{{/* The file that the agent reads. */}}
{{- define "agent.config" -}}
{{- $chains := dict -}}
{{- range splitList "," (include "agent.chains" .) -}}
  {{- $chain := include "agent.chain" (dict "root" $ "name" .) | fromJson -}}
  {{- $_ := set $chains . $chain -}}
{{- end -}}
{{- $config := dict
  "metricsPort" 9090
  "db" (trimSuffix "/" (printf "/var/lib/hyperlane/%s" (default "" .Values.database)))
  "log" (dict "level" .Values.log.level "format" .Values.log.format)
  "chains" $chains -}}
{{- if eq .Values.agent "validator" -}}
  {{- with .Values.validator -}}
    {{- $bucket := dict "type" "s3" "bucket" .bucket.name "region" .bucket.region -}}
    {{- with .bucket.folder -}}{{- $_ := set $bucket "folder" . -}}{{- end -}}
    {{- $_ := set $config "originChainName" .originChain -}}
    {{- $_ := set $config "checkpointSyncer" $bucket -}}
    {{- $_ := set $config "interval" (int64 .interval) -}}
  {{- end -}}
  {{- $_ := set $config "validator" (include "agent.signer" . | fromJson) -}}
{{- else -}}
  {{- $_ := set $config "relayChains" (include "agent.chains" .) -}}
  {{- $_ := set $config "whitelist" (include "agent.whitelist" . | fromJsonArray) -}}
  {{- $_ := set $config "gasPaymentEnforcement" .Values.relayer.gasPayment -}}
{{- end -}}
{{- toPrettyJson $config -}}
{{- end -}}
