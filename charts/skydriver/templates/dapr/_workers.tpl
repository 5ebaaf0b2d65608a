{{/* Names of the entries that hold the tokens of HTCondor places, each once, separated by blanks. Takes workers.htcondor. */}}
{{- define "skydriver.tokens" -}}
{{- $tokens := list -}}
{{- range $name, $place := .places -}}
{{- if hasKey $place "token" -}}
{{- $tokens = append $tokens $place.token -}}
{{- end -}}
{{- end -}}
{{- $tokens | uniq | sortAlpha | join " " -}}
{{- end }}

{{/* Annotations of a worker's pod that has a sidecar. No token: its worker hears its own pod alone, and would learn the services'. */}}
{{- define "skydriver.workerAnnotations" -}}
dapr.io/enabled: "true"
dapr.io/app-id: "skydriver-worker"
dapr.io/app-port: {{ include "skydriver.port" "worker" | quote }}
dapr.io/app-protocol: "http"
dapr.io/config: "skydriver"
dapr.io/log-level: {{ .Values.dapr.logLevel | quote }}
dapr.io/log-as-json: {{ .Values.logs.json | quote }}
# Ends with its Job.
dapr.io/enable-native-sidecar: "true"
dapr.io/disable-builtin-k8s-secret-store: "true"
dapr.io/sidecar-seccomp-profile-type: "RuntimeDefault"
dapr.io/sidecar-cpu-request: {{ .Values.dapr.sidecar.cpuRequest | quote }}
dapr.io/sidecar-memory-request: {{ .Values.dapr.sidecar.memoryRequest | quote }}
dapr.io/sidecar-memory-limit: {{ .Values.dapr.sidecar.memoryLimit | quote }}
{{- end }}
