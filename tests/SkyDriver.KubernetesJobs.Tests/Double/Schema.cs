using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SkyDriver.KubernetesJobs.Tests.Double;

/// <summary>
/// The fields of the kinds that launchers write, from the API reference of Kubernetes 1.33: what is not here, the double refuses.
/// A type is <c>name: type</c> per field; '!' demands the field, '[]' is a list, '{}' a map, '|' separates the values of an enum.
/// </summary>
internal static partial class Schema
{
    private static readonly Dictionary<string, Dictionary<string, string>> Types = Parse("""
        Job: apiVersion!:=batch/v1 kind!:=Job metadata!:ObjectMeta spec!:JobSpec status:any
        ObjectMeta: name:string generateName:string namespace:string labels:string{} annotations:string{} uid:string resourceVersion:string creationTimestamp:string finalizers:string[] ownerReferences:any
        JobSpec: activeDeadlineSeconds:int backoffLimit:int backoffLimitPerIndex:int completionMode:NonIndexed|Indexed completions:int managedBy:string manualSelector:bool maxFailedIndexes:int parallelism:int podFailurePolicy:PodFailurePolicy podReplacementPolicy:TerminatingOrFailed|Failed selector:LabelSelector successPolicy:any suspend:bool template!:PodTemplate ttlSecondsAfterFinished:int
        PodFailurePolicy: rules!:PodFailureRule[]
        PodFailureRule: action!:FailJob|FailIndex|Ignore|Count onExitCodes:OnExitCodes onPodConditions:OnPodCondition[]
        OnExitCodes: containerName:string operator!:In|NotIn values!:int[]
        OnPodCondition: type!:string status:True|False|Unknown
        PodTemplate: metadata:ObjectMeta spec!:PodSpec
        PodSpec: activeDeadlineSeconds:int affinity:Affinity automountServiceAccountToken:bool containers!:Container[] dnsConfig:any dnsPolicy:string enableServiceLinks:bool hostAliases:any hostNetwork:bool hostPID:bool hostIPC:bool imagePullSecrets:Reference[] initContainers:Container[] nodeSelector:string{} priorityClassName:string restartPolicy:Never|OnFailure|Always runtimeClassName:string schedulerName:string securityContext:PodSecurityContext serviceAccountName:string terminationGracePeriodSeconds:int tolerations:Toleration[] topologySpreadConstraints:any volumes:Volume[]
        Reference: name!:string
        Affinity: nodeAffinity:any podAffinity:any podAntiAffinity:any
        PodSecurityContext: fsGroup:int fsGroupChangePolicy:string runAsGroup:int runAsNonRoot:bool runAsUser:int seccompProfile:SeccompProfile supplementalGroups:int[]
        SeccompProfile: type!:RuntimeDefault|Unconfined|Localhost localhostProfile:string
        Toleration: effect:NoSchedule|PreferNoSchedule|NoExecute key:string operator:Exists|Equal tolerationSeconds:int value:string
        Volume: name!:string configMap:any csi:any emptyDir:EmptyDir nfs:any persistentVolumeClaim:any secret:any
        EmptyDir: medium:string sizeLimit:quantity
        Container: name!:string image!:string imagePullPolicy:Always|Never|IfNotPresent command:string[] args:string[] workingDir:string env:EnvVar[] envFrom:EnvFrom[] ports:any resources:Resources restartPolicy:Always securityContext:SecurityContext terminationMessagePath:string terminationMessagePolicy:File|FallbackToLogsOnError volumeMounts:VolumeMount[]
        EnvVar: name!:string value:string valueFrom:EnvVarSource
        EnvVarSource: fieldRef:FieldRef secretKeyRef:KeyRef configMapKeyRef:KeyRef resourceFieldRef:any
        FieldRef: apiVersion:string fieldPath!:string
        KeyRef: name!:string key!:string optional:bool
        EnvFrom: prefix:string secretRef:SourceRef configMapRef:SourceRef
        SourceRef: name!:string optional:bool
        Resources: limits:quantity{} requests:quantity{}
        SecurityContext: allowPrivilegeEscalation:bool capabilities:Capabilities privileged:bool readOnlyRootFilesystem:bool runAsGroup:int runAsNonRoot:bool runAsUser:int seccompProfile:SeccompProfile
        Capabilities: add:string[] drop:string[]
        VolumeMount: mountPath!:string name!:string readOnly:bool subPath:string mountPropagation:string
        DeleteOptions: apiVersion:string kind:string gracePeriodSeconds:int propagationPolicy:Orphan|Background|Foreground preconditions:Preconditions
        Preconditions: uid:string resourceVersion:string
        LabelSelector: matchLabels:string{} matchExpressions:any
        JobPatch: metadata:ObjectMeta spec:JobPatchSpec
        JobPatchSpec: completions:int parallelism:int suspend:bool
        """);

    /// <summary>Everything that a document of a type has and may not have, or lacks.</summary>
    public static List<string> Faults(string type, JsonNode? document)
    {
        List<string> faults = [];
        Check(type, document, type, faults);
        return faults;
    }

    private static void Check(string type, JsonNode? value, string path, List<string> faults)
    {
        if (type.EndsWith("[]", StringComparison.Ordinal))
        {
            if (value is not JsonArray list) faults.Add($"{path}: must be a list");
            else for (int i = 0; i < list.Count; i++) Check(type[..^2], list[i], $"{path}[{i}]", faults);
        }
        else if (type.EndsWith("{}", StringComparison.Ordinal))
        {
            if (value is not JsonObject map) faults.Add($"{path}: must be a map");
            else foreach ((string key, JsonNode? member) in map) Check(type[..^2], member, $"{path}[{key}]", faults);
        }
        else if (Types.TryGetValue(type, out Dictionary<string, string>? fields)) CheckObject(fields, value, path, faults);
        else if (!IsScalar(type, value)) faults.Add($"{path}: {value?.ToJsonString() ?? "null"} is no {type}");
    }

    private static void CheckObject(Dictionary<string, string> fields, JsonNode? value, string path, List<string> faults)
    {
        if (value is not JsonObject found)
        {
            faults.Add($"{path}: must be an object");
            return;
        }

        foreach (string demanded in fields.Keys.Where(k => k.EndsWith('!') && !found.ContainsKey(k[..^1]))) faults.Add($"{path}.{demanded[..^1]}: required value");
        foreach ((string name, JsonNode? member) in found)
        {
            string? type = fields.GetValueOrDefault(name) ?? fields.GetValueOrDefault(name + "!");
            if (type is null) faults.Add($"unknown field \"{path}.{name}\"");
            else Check(type, member, $"{path}.{name}", faults);
        }
    }

    private static bool IsScalar(string type, JsonNode? value) => type switch
    {
        "any" => value is not null,
        "string" => value?.GetValueKind() is JsonValueKind.String,
        "bool" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "int" => value?.GetValueKind() is JsonValueKind.Number && value.AsValue().TryGetValue(out long number) && number >= 0,
        "quantity" => value?.GetValueKind() is JsonValueKind.String && Quantity().IsMatch(value.GetValue<string>()),
        _ when type[0] == '=' => value?.GetValueKind() is JsonValueKind.String && value.GetValue<string>() == type[1..],
        _ => value?.GetValueKind() is JsonValueKind.String && type.Split('|').Contains(value.GetValue<string>()),
    };

    private static Dictionary<string, Dictionary<string, string>> Parse(string text) => text.Split('\n').ToDictionary(
        line => line[..line.IndexOf(':', StringComparison.Ordinal)],
        line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(f => f[..f.IndexOf(':', StringComparison.Ordinal)], f => f[(f.IndexOf(':', StringComparison.Ordinal) + 1)..]));

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i)?\z")]
    private static partial Regex Quantity();
}
