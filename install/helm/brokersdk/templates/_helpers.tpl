{{- /* What several templates need. Names are fixed: a namespace has one broker, as it has one set of its resources. */}}

{{- /* The labels that select pods: of a component, never changed by an upgrade. */}}
{{- define "brokersdk.selector" -}}
app.kubernetes.io/name: brokersdk
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- /* The other labels of every object. */}}
{{- define "brokersdk.labels" -}}
app.kubernetes.io/part-of: brokersdk
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "brokersdk.credentialsSecret" -}}
{{ .Values.credentials.existingSecret | default "brokersdk-credentials" }}
{{- end }}

{{- define "brokersdk.tlsSecret" -}}
{{ .Values.tls.existingSecret | default "brokersdk-tls" }}
{{- end }}

{{- /* Empty but on OpenShift, which chooses the user ids of a project's pods itself and has its DNS on another port. */}}
{{- define "brokersdk.openshift" -}}
{{ if .Capabilities.APIVersions.Has "security.openshift.io/v1" }}true{{ end }}
{{- end }}

{{- define "brokersdk.podSecurityContext" -}}
runAsNonRoot: true
{{- if not (include "brokersdk.openshift" .) }}
runAsUser: 65532
runAsGroup: 65532
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "brokersdk.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "brokersdk.image" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "brokersdk.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* Three quarters of the memory limit in megabytes; empty where there is no limit. */}}
{{- define "brokersdk.heap" -}}
{{- with dig "limits" "memory" "" .Values.resources }}
{{- $unit := ternary 1024 1 (hasSuffix "Gi" .) }}
{{- div (mul (trimSuffix "Gi" (trimSuffix "Mi" .) | int) $unit 3) 4 }}
{{- end }}
{{- end }}

{{- /*
The data and the end of the TLS Secret as YAML: of the one that the cluster has, or of one made anew where there is none
or it ends within 90 days. Remembered for the whole rendering, because the registration with Service Catalog must name
the authority that the Secret has.
*/}}
{{- define "brokersdk.tls" -}}
{{- if not (hasKey . "tlsSecret") }}
{{- $days := 825 }}
{{- $end := now | unixEpoch | int64 | add (mul $days 86400) }}
{{- $present := lookup "v1" "Secret" .Release.Namespace (include "brokersdk.tlsSecret" .) }}
{{- $presentEnd := dig "metadata" "annotations" "sdkbroker.broker.io/certificate-ends" "0" $present | int64 }}
{{- if or .Values.tls.existingSecret (gt $presentEnd (sub $end (mul (sub $days 90) 86400))) }}
{{- $_ := set . "tlsSecret" (dict "data" (dig "data" dict $present) "end" $presentEnd) }}
{{- else }}
{{- $name := printf "brokersdk.%s.svc" .Release.Namespace }}
{{- $names := list $name (printf "%s.cluster.local" $name) (printf "brokersdk.%s" .Release.Namespace) "brokersdk" "localhost" }}
{{- $authority := genCA (printf "%s authority" $name) $days }}
{{- $own := genSignedCert $name (list "127.0.0.1") $names $days $authority }}
{{- $data := dict "tls.crt" (b64enc $own.Cert) "tls.key" (b64enc $own.Key) "ca.crt" (b64enc $authority.Cert) }}
{{- $_ := set . "tlsSecret" (dict "data" $data "end" $end) }}
{{- end }}
{{- end }}
{{- toYaml .tlsSecret }}
{{- end }}
