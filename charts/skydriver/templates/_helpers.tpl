{{/*
Templates are Go's with few functions, so that they stay readable: include, toYaml, toJson, quote, nindent, required, fail, dict, list,
printf, default, ternary, sha256sum and simple tests. Names of apps, ports and components are those of SkyDriver.Contracts; tests compare them.
*/}}

{{/* Labels of an object. Takes root and component. */}}
{{- define "skydriver.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{ include "skydriver.selector" . }}
{{- end }}

{{/* Labels by which pods are chosen; they never change. Takes root and component. */}}
{{- define "skydriver.selector" -}}
app.kubernetes.io/part-of: skydriver
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Image of a program. Takes root, name (as in the repository) and key (as in image.digests). */}}
{{- define "skydriver.image" -}}
{{- $image := .root.Values.image -}}
{{- $digest := index $image.digests .key -}}
{{- $tag := default (printf "v%s" .root.Chart.AppVersion) $image.tag -}}
{{- if $digest -}}
{{ printf "%s/%s@%s" $image.repository .name $digest }}
{{- else -}}
{{ printf "%s/%s:%s" $image.repository .name $tag }}
{{- end -}}
{{- end }}

{{/* Ports, as in dapr.yaml. Takes the component. */}}
{{- define "skydriver.port" -}}
{{- get (dict "api" "8080" "orchestrator" "8081" "scanner" "8082" "worker" "8083") . -}}
{{- end }}

{{/* Where workers and people reach the REST service. */}}
{{- define "skydriver.apiUrl" -}}
{{- default (printf "http://skydriver-api.%s.svc:%s" .Release.Namespace (include "skydriver.port" "api")) .Values.api.externalUrl -}}
{{- end }}

{{/* Port of an address, where it names none that of its scheme. */}}
{{- define "skydriver.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- default (ternary "80" "443" (eq $url.scheme "http")) $port -}}
{{- end }}

{{/* Port of HOST:PORT. */}}
{{- define "skydriver.portAfter" -}}
{{- regexFind "[0-9]+$" . -}}
{{- end }}

{{/* Places that requests may name. */}}
{{- define "skydriver.clusters" -}}
{{- $places := .Values.clusters -}}
{{- if not $places -}}
{{- $places = ternary (list "kubernetes") (list) .Values.workers.kubernetes.enabled -}}
{{- if .Values.workers.htcondor.enabled -}}
{{- range $name := keys .Values.workers.htcondor.places | sortAlpha -}}
{{- $places = append $places (printf "%s=htcondor" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join " " $places -}}
{{- end }}

{{/* Whether workers have a sidecar, and with it the broker. */}}
{{- define "skydriver.workersHaveSidecars" -}}
{{- if and .Values.workers.kubernetes.enabled (eq .Values.workers.kubernetes.work "sidecar") -}}yes{{- end -}}
{{- end }}

{{/* Values that fit the schema and yet would not work, or not safely. Included once, by the api's Deployment. */}}
{{- define "skydriver.check" -}}
{{- $v := .Values -}}
{{- if eq $v.image.tag "latest" }}{{ fail "image.tag: 'latest' says nothing of what runs; give a version, or image.digests" }}{{ end -}}
{{- if not (or $v.auth.issuer $v.auth.allowAnonymous) }}{{ fail "auth.issuer: without an OpenID provider whoever reaches the service may start, stop and read every scan; set auth.issuer, or auth.allowAnonymous=true if that is meant" }}{{ end -}}
{{- if and $v.auth.issuer $v.auth.allowAnonymous }}{{ fail "auth.allowAnonymous: auth.issuer is set as well; unset one of them" }}{{ end -}}
{{- if and $v.api.gateway.enabled (not $v.api.gateway.parentRefs) }}{{ fail "api.gateway.parentRefs: name at least one Gateway" }}{{ end -}}
{{- if and $v.auth.issuer (not $v.auth.workerKey.existingSecret) }}{{ fail "auth.workerKey.existingSecret: with auth.issuer no worker comes in without a token; make a secret with a key of at least 32 characters and name it" }}{{ end -}}
{{- if and $v.auth.issuer (regexMatch "^http:" (include "skydriver.apiUrl" .)) (regexMatch "^http:" $v.api.externalUrl) }}{{ fail "api.externalUrl: tokens would travel unprotected; give an https address" }}{{ end -}}
{{- if not (or $v.workers.kubernetes.enabled $v.workers.htcondor.enabled $v.clusters) }}{{ fail "workers: no launcher is enabled and clusters is empty, so no scan could ever run; enable workers.kubernetes or workers.htcondor" }}{{ end -}}
{{- if and (include "skydriver.workersHaveSidecars" .) (gt (int $v.pubsub.prefetch) 4) }}{{ fail "pubsub.prefetch: workers with sidecars have the same component, and what one holds no other can take; set 2 (at most 4)" }}{{ end -}}
{{- if $v.workers.htcondor.enabled -}}
{{- if gt (int $v.orchestrator.replicas) 1 }}{{ fail "orchestrator.replicas: the HTCondor launcher's lock on submissions holds on one machine; set 1" }}{{ end -}}
{{- if not $v.api.externalUrl }}{{ fail "api.externalUrl: HTCondor jobs run outside of this cluster; give the address by which they reach the service" }}{{ end -}}
{{- if not $v.workers.htcondor.places }}{{ fail "workers.htcondor.places: name at least one access point" }}{{ end -}}
{{- if and $v.workers.htcondor.image (regexMatch ":latest$" $v.workers.htcondor.image) }}{{ fail "workers.htcondor.image: 'latest' says nothing of what runs; give a version" }}{{ end -}}
{{- range $name, $place := $v.workers.htcondor.places -}}
{{- if and (hasKey $place "token") (not $v.workers.htcondor.existingSecret) }}{{ fail (printf "workers.htcondor.existingSecret: place '%s' has a token; name the secret that holds it" $name) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $v.workers.pool.enabled $v.auth.issuer (not $v.workers.pool.existingSecret) }}{{ fail "workers.pool.existingSecret: with auth.issuer workers need a token; name the secret that holds it" }}{{ end -}}
{{- if and $v.workers.kubernetes.quota.enabled (not $v.workers.kubernetes.priorityClasses) }}{{ fail "workers.kubernetes.quota: the quota is for pods of workers.kubernetes.priorityClasses; name at least one class" }}{{ end -}}
{{- end }}
