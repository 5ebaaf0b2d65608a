{{/* A NetworkPolicy up to its rules. Takes root, name and the components that it is of; none means all. */}}
{{- define "skydriver.policyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ printf "skydriver-%s" .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "skydriver.labels" (dict "root" .root "component" "network") | nindent 4 }}
spec:
  podSelector:
    {{- include "skydriver.pods" . | nindent 4 }}
{{- end }}

{{/* Pods of this release. Takes root and the components; none means all. */}}
{{- define "skydriver.pods" -}}
matchLabels:
  app.kubernetes.io/part-of: skydriver
  app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .of }}
matchExpressions:
  - { key: app.kubernetes.io/component, operator: In, values: {{ toJson . }} }
{{- end }}
{{- end }}

{{/* Destinations of an egress rule, where the values name any. */}}
{{- define "skydriver.to" -}}
{{- with . -}}
to:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end }}

{{- define "skydriver.brokerPort" -}}
{{- $p := .Values.pubsub -}}
{{- if eq $p.type "redis" -}}
{{- include "skydriver.portAfter" $p.redis.host -}}
{{- else -}}
{{- index $p $p.type "port" | int -}}
{{- end -}}
{{- end }}

{{- define "skydriver.storePort" -}}
{{- $s := .Values.statestore -}}
{{- if eq $s.type "redis" -}}
{{- include "skydriver.portAfter" $s.redis.host -}}
{{- else -}}
{{- index $s $s.type "port" | int -}}
{{- end -}}
{{- end }}
