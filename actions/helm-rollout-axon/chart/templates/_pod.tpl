{{/*
A node's pod: { root, name, component, role, validator }. `role` is the part of the values that says
what the pod asks for; `validator` is there for a validator alone.
*/}}
{{- define "axon.pod" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "axon.selector" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with .validator }}
    axon/validator: {{ .name | quote }}
    {{- end }}
    {{- with .role.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: axon
    {{- with .role.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int64 (default 60 .role.terminationGracePeriodSeconds) }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- if .validator }}
  {{- with include "axon.priorityClass" $root }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ int64 $values.podSecurity.user }}
    runAsGroup: {{ int64 $values.podSecurity.user }}
    fsGroup: {{ int64 $values.podSecurity.user }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- include "axon.spread" . | nindent 2 }}
  {{- with .role.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .role.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  initContainers:
    {{- if or (not .validator) (eq $values.keys.source "csi") }}
    - name: keys
      command: [/bin/sh, /etc/axon/keys.sh]
      env:
        - name: AXON_KEYS
          value: /var/run/axon/keys
        - name: AXON_KEYS_FROM
          value: {{ ternary "/var/run/axon/stored" "" (not (not .validator)) | quote }}
      {{- include "axon.container" . | nindent 6 }}
      volumeMounts:
        - name: files
          mountPath: /etc/axon
          readOnly: true
        - name: keys
          mountPath: /var/run/axon/keys
        {{- if .validator }}
        - name: stored-keys
          mountPath: /var/run/axon/stored
          readOnly: true
        {{- end }}
    {{- end }}
    - name: init
      command: [/bin/sh, /etc/axon/init.sh]
      env:
        {{- include "axon.env" $root | nindent 8 }}
        - name: AXON_SPEC
          value: /etc/axon/chain-spec.toml
        - name: AXON_GENESIS
          value: {{ include "axon.spec" $root | sha256sum | quote }}
        - name: AXON_ADOPT
          value: {{ $values.init.adopt | quote }}
      {{- include "axon.container" . | nindent 6 }}
      {{- include "axon.mounts" $root | nindent 6 }}
    {{- if $values.hardfork.features }}
    - name: hardfork
      command: [/bin/sh, /etc/axon/hardfork.sh]
      env:
        {{- include "axon.env" $root | nindent 8 }}
        - name: AXON_FORK_START
          value: {{ int64 $values.hardfork.startNumber | quote }}
        - name: AXON_FORK_FEATURES
          value: {{ join " " $values.hardfork.features | quote }}
      {{- include "axon.container" . | nindent 6 }}
      {{- include "axon.mounts" $root | nindent 6 }}
    {{- end }}
  containers:
    - name: axon
      command: [{{ $values.image.binary | quote }}]
      args: [run, -c, /etc/axon/config.toml]
      workingDir: {{ $values.storage.path }}
      env:
        - name: AXON_POD
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        # In the pod's own /etc/hosts: no DNS has to know it yet.
        - name: AXON_HOST
          value: $(AXON_POD).{{ include "axon.domain" $root }}
        - name: AXON_PEERS
          value: {{ include "axon.hosts" $root | quote }}
        - name: AXON_LAG
          value: {{ int64 $values.readiness.lag | quote }}
        {{- with .role.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - { name: rpc, containerPort: 8000 }
        - { name: ws, containerPort: 8010 }
        - { name: p2p, containerPort: 8001 }
        - { name: metrics, containerPort: 8100 }
      startupProbe:
        httpGet: { path: /metrics, port: metrics }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 120
      livenessProbe:
        httpGet: { path: /metrics, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        exec:
          command: [/bin/sh, /etc/axon/ready.sh]
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      {{- include "axon.container" . | nindent 6 }}
      {{- include "axon.mounts" $root | nindent 6 }}
  volumes:
    - name: files
      configMap:
        name: {{ include "axon.filesName" $root }}
        defaultMode: 292 # 0444
    - name: logs
      emptyDir: { sizeLimit: 64Mi }
    {{- include "axon.keyVolumes" . | nindent 4 }}
    {{- if and .validator (.validator).existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .validator.existingClaim | quote }}
    {{- end }}
{{- end -}}

{{/*
What every container of a pod has: the image, what it asks for, and nothing that it may do beside
running. Those that run before the node ask for no more than the node does, and quotas want it said.
*/}}
{{- define "axon.container" -}}
image: {{ include "axon.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- with .role.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "axon.env" -}}
- name: AXON_BINARY
  value: {{ .Values.image.binary | quote }}
- name: AXON_CONFIG
  value: /etc/axon/config.toml
- name: AXON_DATA
  value: {{ .Values.storage.path | quote }}
{{- end -}}

{{- define "axon.mounts" -}}
volumeMounts:
  - name: files
    mountPath: /etc/axon
    readOnly: true
  - name: keys
    mountPath: /var/run/axon/keys
    readOnly: true
  - name: data
    mountPath: {{ .Values.storage.path }}
  - name: logs
    mountPath: /var/log/axon
{{- end -}}

{{/* Keys are in memory alone: a Secret's volume is, and an emptyDir that says so. */}}
{{- define "axon.keyVolumes" -}}
{{- if and .validator (ne .root.Values.keys.source "csi") -}}
- name: keys
  secret:
    secretName: {{ include "axon.keySecret" . | quote }}
    defaultMode: 288 # 0440
    items:
      - { key: net.key, path: net.key }
      - { key: bls.key, path: bls.key }
{{- else -}}
- name: keys
  emptyDir: { medium: Memory, sizeLimit: 1Mi }
{{- if .validator }}
- name: stored-keys
  csi:
    driver: secrets-store.csi.k8s.io
    readOnly: true
    volumeAttributes:
      secretProviderClass: {{ .name }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Nodes of one kind keep apart: validators by the rule that the values set, others if they can. */}}
{{- define "axon.spread" -}}
affinity:
  podAntiAffinity:
    {{- if and .validator (eq .root.Values.spread.hosts "required") }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "axon.selector" .root | nindent 12 }}
            app.kubernetes.io/component: {{ .component }}
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "axon.selector" .root | nindent 14 }}
              app.kubernetes.io/component: {{ .component }}
    {{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: {{ ternary .root.Values.spread.zones "ScheduleAnyway" (not (not .validator)) }}
    labelSelector:
      matchLabels:
        {{- include "axon.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The volume of a node's own: { root, component }. */}}
{{- define "axon.claim" -}}
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: data
      labels:
        {{- include "axon.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with include "axon.storageClass" .root }}
      storageClassName: {{ . | quote }}
      {{- end }}
      resources:
        requests:
          storage: {{ .root.Values.storage.size | quote }}
{{- end -}}
