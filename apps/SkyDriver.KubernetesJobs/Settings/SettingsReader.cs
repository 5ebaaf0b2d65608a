using System.Globalization;
using k8s.Models;
using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Settings;

/// <summary>Component metadata to settings; what each key means is in components/production/workers-kubernetes-jobs/workers-kubernetes.yaml.</summary>
internal static class SettingsReader
{
    private const string NameForm = "a name of lower-case letters, digits, '-' and '.'";
    private const int MostWorkers = 100_000;

    /// <param name="component">Name of the component, the instance where none is given.</param>
    /// <exception cref="FormatException">Settings are missing or wrong; the message lists all of them.</exception>
    public static LauncherSettings Read(string component, IEnumerable<KeyValuePair<string, string>> properties)
    {
        MetadataReader from = new(properties);
        LauncherSettings settings = new()
        {
            Instance = ReadInstance(component, from),
            Places = ReadPlaces(from),
            Pod = ReadPod(from),
            MaxWorkers = from.Number("maxWorkers", 1000, 1, MostWorkers),
            Retries = from.Number("retries", 0, 0, 100),
            ReplacesDisrupted = from.Flag("replaceDisrupted", true),
            KeepFinished = from.Seconds("keepFinished", 0, "3600s"),
            MaxLifetime = from.Seconds("maxLifetime", 60, "604800s"),
            AdmissionWait = from.Seconds("admissionWait", 0, "5s"),
            RequestTimeout = from.Seconds("requestTimeout", 1, "20s"),
            StaleAfter = from.Seconds("staleAfter", 1, "180s"),
        };
        from.RefuseUnknown();
        from.ThrowIfFaulty();
        return settings;
    }

    private static string ReadInstance(string component, MetadataReader from)
    {
        string? given = from.Text("instance");
        string instance = given ?? component;
        if (!Names.IsLabel(instance)) from.Faults.Add($"{(given is null ? "the component's name, which is the instance where none is given," : "instance")} is '{instance}'; give {NameForm}, at most {Names.MaxLabel} characters and without '.'");
        return instance;
    }

    private static PlaceSettings[] ReadPlaces(MetadataReader from)
    {
        string? kubeconfig = from.Text("kubeconfig"), context = from.Text("context"), inNamespace = from.Text("namespace", Names.IsLabel, NameForm + " without '.'");
        var named = from.Document<Dictionary<string, PlaceJson>>("places", "a JSON object of places, such as {\"sub-2\": {\"context\": \"c\", \"namespace\": \"n\"}}");
        if (named is null) return [new("", kubeconfig, context, inNamespace)];
        if (named.Count == 0) from.Faults.Add("places is empty; name a place or leave it out");
        foreach ((string name, PlaceJson place) in named)
        {
            if (name.Length is 0 or > 128 || name.Any(char.IsControl)) from.Faults.Add($"places has the name '{name}'; give 1 to 128 printable characters");
            if (place?.Namespace is { } ns && !Names.IsLabel(ns)) from.Faults.Add($"places has the namespace '{ns}' for '{name}'; give {NameForm} without '.'");
            foreach (string extra in place?.Other?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()) from.Faults.Add($"places has '{extra}' for '{name}'; a place has kubeconfig, context and namespace");
        }

        return [.. named.Select(p => new PlaceSettings(p.Key, p.Value?.Kubeconfig ?? kubeconfig, p.Value?.Context ?? context, p.Value?.Namespace ?? inNamespace))];
    }

    private static PodSettings ReadPod(MetadataReader from)
    {
        V1PodTemplateSpec? template = from.Object<V1PodTemplateSpec>("template");
        if (template is not null) from.Faults.AddRange(TemplateRules.Faults(template));
        string? image = from.Text("image", Images.IsReference, "an image such as registry.example.org/team/worker:v1") ?? TemplateRules.Worker(template)?.Image;
        if (image is null) from.Faults.Add("image must be given");
        TimeSpan run = from.Seconds("maxRunTime", 0, "0s");
        return new()
        {
            Template = template,
            Image = image ?? "",
            AllowedImages = from.Text("allowedImages") is null ? null : from.List("allowedImages", t => t.Length > 0, "beginnings of images"),
            Command = from.List("command", t => t.Length > 0, "texts, the program first"),
            Cpus = from.Quantity("cpus", "1"),
            Memory = from.Quantity("memory", "4Gi"),
            Disk = from.Quantity("disk", "1Gi"),
            MaxRunTime = run > TimeSpan.Zero ? run : null,
            StopTimeout = from.Seconds("stopTimeout", 1, "60s"),
            Labels = from.Map("labels", k => Names.IsKey(k) && !IsOurs(k), Names.IsLabelValue, "labels other than the launcher's own"),
            Annotations = from.Map("annotations", k => Names.IsKey(k) && !IsOurs(k), _ => true, "annotations other than the launcher's own"),
            NodeSelector = from.Map("nodeSelector", Names.IsKey, Names.IsLabelValue, "labels of nodes"),
            Tolerations = from.Object<List<V1Toleration>>("tolerations") ?? [],
            ImagePullSecrets = from.List("imagePullSecrets", Names.IsSubdomain, "names of secrets"),
            EnvFrom = from.List("envFrom", Names.IsSubdomain, "names of secrets"),
            SecretEnv = ReadSecretEnv(from),
            ServiceAccount = from.Text("serviceAccount", Names.IsSubdomain, NameForm),
            PriorityClasses = ReadPriorityClasses(from),
            RunAsUser = from.Text("runAsUser") is null ? null : from.Number("runAsUser", 1, 1, int.MaxValue),
            HasWritableRoot = from.Flag("writableRoot", false),
        };
    }

    private static bool IsOurs(string key) => key == Marks.ManagedBy || key.StartsWith("jobs.skydriver/", StringComparison.Ordinal) || key.StartsWith("batch.kubernetes.io/", StringComparison.Ordinal);

    private static Dictionary<string, (string Secret, string Key)> ReadSecretEnv(MetadataReader from)
    {
        Dictionary<string, string> given = from.Map("secretEnv", LauncherContract.IsVariable, v => v.Split('/') is [{ } secret, { } key] && Names.IsSubdomain(secret) && key.Length > 0 && Names.IsLabelValue(key), "variables with \"secret/entry\"");
        return given.ToDictionary(p => p.Key, p => (p.Value.Split('/')[0], p.Value.Split('/')[1]));
    }

    private static (int Least, string Name)[] ReadPriorityClasses(MetadataReader from)
    {
        Dictionary<string, string> given = from.Map("priorityClasses", k => int.TryParse(k, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), Names.IsSubdomain, "least priorities with names of priority classes");
        return [.. given.Select(p => (Least: int.Parse(p.Key, CultureInfo.InvariantCulture), p.Value)).OrderByDescending(p => p.Least)];
    }

    private sealed record PlaceJson(string? Kubeconfig, string? Context, string? Namespace)
    {
        [System.Text.Json.Serialization.JsonExtensionData]
        public Dictionary<string, System.Text.Json.JsonElement>? Other { get; init; }
    }
}
