{{- define "axon.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Of a validator, by its name: { root, name }. */}}
{{- define "axon.validatorName" -}}
{{- printf "%s-%s" (include "axon.name" .root) .name -}}
{{- end -}}

{{- define "axon.peers" -}}
{{- printf "%s-peers" (include "axon.name" .) -}}
{{- end -}}

{{/* What every pod's name ends in. */}}
{{- define "axon.domain" -}}
{{- printf "%s.%s.svc.%s" (include "axon.peers" .) .Release.Namespace .Values.clusterDomain -}}
{{- end -}}

{{/* Of a validator's pod, by the validator's name: { root, name }. */}}
{{- define "axon.host" -}}
{{- printf "%s-0.%s" (include "axon.validatorName" .) (include "axon.domain" .root) -}}
{{- end -}}

{{- define "axon.hosts" -}}
{{- $hosts := list -}}
{{- range .Values.validators -}}
{{- $hosts = append $hosts (include "axon.host" (dict "root" $ "name" .name)) -}}
{{- end -}}
{{- join " " $hosts -}}
{{- end -}}

{{/* Where nodes of other releases are reached: at the port of these, and at those of the bootstraps. */}}
{{- define "axon.peerPorts" -}}
{{- $ports := list 8001 -}}
{{- range .Values.network.bootstraps -}}
{{- $ports = append $ports (int64 (regexReplaceAll `^.*/tcp/([0-9]+)/.*$` . "${1}")) -}}
{{- end -}}
{{- uniq $ports | sortAlpha | toJson -}}
{{- end -}}

{{- define "axon.selector" -}}
app.kubernetes.io/name: axon
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "axon.labels" -}}
{{ include "axon.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "axon.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ printf "%s@%s" .repository .digest }}
{{- else -}}
{{ printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "axon.storageClass" -}}
{{- if .Values.storage.className -}}
{{ .Values.storage.className }}
{{- else if .Values.storage.class.create -}}
{{ printf "%s-%s-retain" .Release.Namespace (include "axon.name" .) }}
{{- end -}}
{{- end -}}

{{- define "axon.priorityClass" -}}
{{- if .Values.priority.className -}}
{{ .Values.priority.className }}
{{- else if .Values.priority.create -}}
{{ printf "%s-%s-validator" .Release.Namespace (include "axon.name" .) }}
{{- end -}}
{{- end -}}

{{/* The Secret with a validator's keys: { root, validator }. */}}
{{- define "axon.keySecret" -}}
{{- $own := printf "%s-keys" (include "axon.validatorName" (dict "root" .root "name" .validator.name)) -}}
{{- default $own .validator.existingSecret -}}
{{- end -}}

{{/* The name in Secrets Manager of one of a validator's keys: { root, validator, key }. */}}
{{- define "axon.storedKey" -}}
{{- printf "%s/%s/%s" .root.Values.keys.prefix .validator.name .key -}}
{{- end -}}
