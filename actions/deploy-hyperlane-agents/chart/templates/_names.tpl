{{- define "agent.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* Who stands in for it when it is gone. */}}
{{- define "agent.group" -}}
{{- if eq .Values.agent "validator" -}}
{{ .Values.validator.originChain }}
{{- else -}}
{{ .Values.group }}
{{- end -}}
{{- end -}}

{{/* What all of a group have in common, whatever their releases are called. */}}
{{- define "agent.groupSelector" -}}
app.kubernetes.io/name: hyperlane-agent
app.kubernetes.io/component: {{ .Values.agent }}
hyperlane/group: {{ include "agent.group" . | quote }}
{{- end -}}

{{- define "agent.selector" -}}
app.kubernetes.io/name: hyperlane-agent
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "agent.labels" -}}
{{ include "agent.groupSelector" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "agent.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ printf "%s@%s" .repository .digest }}
{{- else -}}
{{ printf "%s:%s" .repository .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "agent.storageClass" -}}
{{- if .Values.storage.className -}}
{{ .Values.storage.className }}
{{- else if .Values.storage.class.create -}}
{{ printf "%s-%s-retain" .Release.Namespace (include "agent.name" .) }}
{{- end -}}
{{- end -}}

{{- define "agent.priorityClass" -}}
{{- if .Values.priority.className -}}
{{ .Values.priority.className }}
{{- else if .Values.priority.create -}}
{{ printf "%s-%s" .Release.Namespace (include "agent.name" .) }}
{{- end -}}
{{- end -}}
