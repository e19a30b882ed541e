{{- define "agent.pod" -}}
metadata:
  labels:
    {{- include "agent.groupSelector" . | nindent 4 }}
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: agent
    # Agents read it when they start.
    hyperlane/config: {{ include "agent.config" . | sha256sum | quote }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "agent.name" . | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- with include "agent.priorityClass" . }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  # The role's token is readable to this group.
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ int64 .Values.podSecurity.user }}
    runAsGroup: {{ int64 .Values.podSecurity.user }}
    fsGroup: {{ int64 .Values.podSecurity.user }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- include "agent.spread" . | nindent 2 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: agent
      image: {{ include "agent.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      # Not as the command: the image's own, tini, hands the signal to end on.
      args: [{{ printf "./%s" .Values.agent | quote }}]
      workingDir: {{ .Values.image.folder | quote }}
      env:
        {{- include "agent.env" . | nindent 8 }}
      ports:
        - { name: metrics, containerPort: 9090 }
      {{- include "agent.probes" . | nindent 6 }}
      resources:
        {{- include "agent.resources" . | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: config
          mountPath: /etc/hyperlane
          readOnly: true
        - name: nothing
          mountPath: {{ printf "%s/config" .Values.image.folder }}
          readOnly: true
        - name: db
          mountPath: /var/lib/hyperlane
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: config
      configMap:
        name: {{ include "agent.name" . | quote }}
        defaultMode: 292 # 0444
    - name: nothing
      emptyDir: { sizeLimit: 1Mi }
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
{{- end -}}

{{/* A link in a folder is passed over, so that the file is named. */}}
{{- define "agent.env" -}}
- name: CONFIG_FILES
  value: /etc/hyperlane/agent.json
- name: ONELINE_BACKTRACES
  value: "true"
- name: AWS_REGION
  value: {{ .Values.key.region | quote }}
{{- if eq .Values.agent "relayer" }}
- name: POD_IP
  valueFrom:
    fieldRef: { fieldPath: status.podIP }
{{- end }}
{{- range splitList "," (include "agent.chains" .) }}
- name: {{ printf "HYP_CHAINS_%s_CUSTOMRPCURLS" (upper .) }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.rpc.secret | quote }}
      key: {{ . | quote }}
{{- end }}
{{- end -}}

{{/*
Metrics are all that both kinds answer. A relayer tells there that it goes on without a chain: it is not
ready then, and lives on for its other routes, until that chain answers. Then it is started anew, once.
*/}}
{{- define "agent.probes" -}}
startupProbe:
  httpGet: { path: /metrics, port: metrics }
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 600
livenessProbe:
  {{- if eq .Values.agent "relayer" }}
  exec:
    command: [bash, -c, {{ include "agent.mayReachMore" . | quote }}]
  timeoutSeconds: 10
  {{- else }}
  httpGet: { path: /metrics, port: metrics }
  timeoutSeconds: 5
  {{- end }}
  periodSeconds: 10
  failureThreshold: 6
readinessProbe:
  {{- if eq .Values.agent "relayer" }}
  exec:
    command: [bash, -c, {{ include "agent.hasAllChains" . | quote }}]
  {{- else }}
  httpGet: { path: /metrics, port: metrics }
  {{- end }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* The image has nothing else that asks. Without an answer, the probe fails. */}}
{{- define "agent.lostChains" -}}
exec 3<>"/dev/tcp/$POD_IP/9090" || exit
printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ] || exit
lost=$(grep -E '^hyperlane_critical_error\{.*\} 1' <&3)
{{- end -}}

{{/*
Fails as often as the kubelet wants it for another start, and then no more while the same chains are
missing: a start that mended nothing is not made again. A chain that does not answer starts nobody anew.
*/}}
{{- define "agent.mayReachMore" -}}
{{ include "agent.lostChains" . }}
if [ -z "$lost" ]; then find /tmp -name 'without-*' -mmin +15 -delete 2>/dev/null; exit 0; fi
names=$(grep -oE 'chain="[a-z0-9]+"' <<< "$lost" | cut -d '"' -f 2 | sort -u)
failed="/tmp/without-${names//[[:space:]]/-}"
[ "$(cat "$failed" 2>/dev/null | wc -l)" -lt 6 ] || exit 0
answers() {
  local host=${1#*://} path=/ port= body request answer
  [[ $host == */* ]] && path="/${host#*/}"
  host=${host%%/*}
  [[ $host =~ :([0-9]+)$ ]] && port=${BASH_REMATCH[1]}
  body='{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
  printf -v request 'POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n' "$path" "$host"
  printf -v request '%sConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$request" "${#body}" "$body"
  if [[ $1 == https:* ]]; then
    answer=$(timeout 3 openssl s_client -quiet -connect "${host%:*}:${port:-443}" \
      -servername "${host%:*}" <<< "$request" 2>/dev/null)
  else
    answer=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf %s "$2" >&3 && cat <&3' \
      "${host%:*}" "${port:-80}" "$request" 2>/dev/null)
  fi
  [[ $answer =~ \"result\"\ *:\ *\"0x ]]
}
asking() {
  local urls="HYP_CHAINS_${1^^}_CUSTOMRPCURLS"
  local first=${!urls%%,*}
  answers "${first//[[:space:]]/}" && echo "$1"
}
up=$(for name in $names; do asking "$name" & done; wait)
if [ -z "$up" ]; then rm -f "$failed"; exit 0; fi
echo >> "$failed"
echo "It goes on without a chain that answers, and is started anew. $lost"
exit 1
{{- end -}}

{{/* What it says is in the pod's events. */}}
{{- define "agent.hasAllChains" -}}
{{ include "agent.lostChains" . }}
[ -n "$lost" ] || exit 0
echo "It goes on without a chain. Once the chain answers, it is started anew. $lost"
exit 1
{{- end -}}

{{- define "agent.resources" -}}
{{- if .Values.resources -}}
{{- toYaml .Values.resources -}}
{{- else -}}
{{- $chains := len (splitList "," (include "agent.chains" .)) -}}
{{- with .Values.sizing -}}
{{- $memory := add .memory (mul .memoryPerChain $chains) -}}
requests:
  cpu: {{ printf "%dm" (add .cpu (mul .cpuPerChain $chains)) }}
  memory: {{ printf "%dMi" $memory }}
limits:
  memory: {{ printf "%dMi" (mul 2 $memory) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The agents of a group keep apart: what takes one takes no other. */}}
{{- define "agent.spread" -}}
affinity:
  podAntiAffinity:
    {{- if eq .Values.spread.hosts "required" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "agent.groupSelector" . | nindent 12 }}
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "agent.groupSelector" . | nindent 14 }}
    {{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: {{ .Values.spread.zones }}
    labelSelector:
      matchLabels:
        {{- include "agent.groupSelector" . | nindent 8 }}
{{- end -}}
