{{/* Settings that every service has. Takes root and component. */}}
{{- define "skydriver.settings" -}}
APP_PORT: {{ include "skydriver.port" .component | quote }}
# The pod's own address, for probes and metrics; NetworkPolicies say who may come in.
SKYDRIVER_BIND: "*"
SKYDRIVER_LOG: {{ .root.Values.logs.level | quote }}
SKYDRIVER_LOG_FORMAT: {{ ternary "json" "text" .root.Values.logs.json | quote }}
# Less than terminationGracePeriodSeconds.
SKYDRIVER_STOP_TIMEOUT: "25s"
# Nothing starts with a broker or store that forgets, or with settings of theirs by which scans lose work.
SKYDRIVER_DURABLE: "required"
SKYDRIVER_COMPONENTS: "/etc/skydriver/components"
{{- with .root.Values.traces.host }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ printf "http://%s:%d" . (int $.root.Values.traces.port) | quote }}
OTEL_EXPORTER_OTLP_PROTOCOL: "grpc"
{{- end }}
{{- range $name, $value := (index .root.Values .component).settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Annotations of a service's pods. A change of settings or components makes new pods. Takes root and component. */}}
{{- define "skydriver.podAnnotations" -}}
{{- $dapr := .root.Values.dapr -}}
dapr.io/enabled: "true"
dapr.io/app-id: {{ printf "skydriver-%s" .component | quote }}
dapr.io/app-port: {{ include "skydriver.port" .component | quote }}
dapr.io/app-protocol: "http"
dapr.io/config: "skydriver"
dapr.io/log-level: {{ $dapr.logLevel | quote }}
dapr.io/log-as-json: {{ .root.Values.logs.json | quote }}
dapr.io/enable-metrics: "true"
dapr.io/metrics-port: "9090"
dapr.io/graceful-shutdown-seconds: {{ $dapr.gracefulShutdownSeconds | quote }}
# Secrets of components come from Dapr's operator; the sidecar itself needs no right to read any.
dapr.io/disable-builtin-k8s-secret-store: "true"
dapr.io/sidecar-seccomp-profile-type: "RuntimeDefault"
dapr.io/sidecar-cpu-request: {{ $dapr.sidecar.cpuRequest | quote }}
dapr.io/sidecar-memory-request: {{ $dapr.sidecar.memoryRequest | quote }}
dapr.io/sidecar-memory-limit: {{ $dapr.sidecar.memoryLimit | quote }}
{{- with $dapr.apiTokenSecret }}
dapr.io/api-token-secret: {{ . | quote }}
{{- end }}
{{- with $dapr.appTokenSecret }}
dapr.io/app-token-secret: {{ . | quote }}
{{- end }}
checksum/settings: {{ (include (printf "%s/%s/settings.yaml" .root.Template.BasePath .component) .root | fromYaml).data | toJson | sha256sum }}
checksum/components: {{ include "skydriver.components" .root | sha256sum }}
{{- with (index .root.Values .component).podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* All that Dapr's resources say, of which the checksum is taken; their labels change with the chart's version alone. */}}
{{- define "skydriver.components" -}}
{{- range list "configuration" "resiliency" "pubsub" "statestore" "workers-htcondor" "workers-kubernetes" }}
{{- omit (include (printf "%s/dapr/%s.yaml" $.Template.BasePath .) $ | fromYaml) "metadata" | toJson }}
{{- end }}
{{- end }}

{{/* What all pods have in common. Takes root and component. */}}
{{- define "skydriver.pod" -}}
{{- $values := index .root.Values .component -}}
serviceAccountName: {{ printf "skydriver-%s" .component }}
# No program here calls Kubernetes but the launcher of Jobs, which has a token of its own.
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 60
securityContext:
  runAsNonRoot: true
  # Of the pod, so that it holds for the sidecar too: launchers and sidecar share sockets.
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.topologySpread }}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "skydriver.selector" $ | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Rights of every container. */}}
{{- define "skydriver.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Container of a service, up to its variables. Takes root and component. */}}
{{- define "skydriver.container" -}}
name: {{ .component }}
image: {{ include "skydriver.image" (dict "root" .root "name" (printf "skydriver-%s" .component) "key" .component) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- include "skydriver.confined" . | nindent 2 }}
ports:
  - name: http
    containerPort: {{ include "skydriver.port" .component }}
# Three questions: are the settings good and the components found; does the process answer; can it do its work now. Only the second one's
# failure ends the process.
startupProbe:
  httpGet: { path: /healthz/startup, port: http }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: { path: /healthz/live, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /healthz/ready, port: http }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
resources:
  {{- toYaml (index .root.Values .component).resources | nindent 2 }}
envFrom:
  - configMapRef:
      name: {{ printf "skydriver-%s" .component }}
{{- end }}

{{/* Variables from secrets that api and orchestrator share. */}}
{{- define "skydriver.secretEnv" -}}
{{- with .Values.auth.workerKey.existingSecret }}
- name: SKYDRIVER_WORKER_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.auth.workerKey.key }}
{{- end }}
{{- include "skydriver.daprEnv" . }}
{{- end }}

{{/* The token that the sidecar asks for, and the one that the service asks its sidecar for. */}}
{{- define "skydriver.daprEnv" -}}
{{- with .Values.dapr.apiTokenSecret }}
- name: DAPR_API_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: token
{{- end }}
{{- with .Values.dapr.appTokenSecret }}
- name: APP_API_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: token
{{- end }}
{{- end }}

{{/* PodDisruptionBudget. Takes root and component. */}}
{{- define "skydriver.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ printf "skydriver-%s" .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "skydriver.labels" . | nindent 4 }}
spec:
  # Never "at least one": where there is one pod, that would keep a node from being drained.
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "skydriver.selector" . | nindent 6 }}
{{- end }}

{{/* HorizontalPodAutoscaler. Takes root and component. */}}
{{- define "skydriver.scaler" -}}
{{- $scaling := (index .root.Values .component).autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ printf "skydriver-%s" .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "skydriver.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ printf "skydriver-%s" .component }}
  minReplicas: {{ int $scaling.minReplicas }}
  maxReplicas: {{ int $scaling.maxReplicas }}
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: {{ .component }}
        target:
          type: Utilization
          averageUtilization: {{ int $scaling.cpu }}
{{- end }}

{{/* ServiceAccount. Takes root and component. */}}
{{- define "skydriver.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ printf "skydriver-%s" .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "skydriver.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end }}

{{/* ConfigMap head of a service's settings. Takes root and component. */}}
{{- define "skydriver.settingsHead" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ printf "skydriver-%s" .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "skydriver.labels" . | nindent 4 }}
data:
  {{- include "skydriver.settings" . | nindent 2 }}
{{- end }}

{{/* Service for metrics of a pod that nobody else calls. Takes root and component. */}}
{{- define "skydriver.metricsService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ printf "skydriver-%s" .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "skydriver.labels" . | nindent 4 }}
spec:
  # Only for finding the pods: Prometheus reads each.
  clusterIP: None
  selector:
    {{- include "skydriver.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ include "skydriver.port" .component }}
      targetPort: http
{{- end }}
