using System.Globalization;
using System.Text.Json.Nodes;

namespace SkyDriver.KubernetesJobs.Tests.Double;

/// <summary>What Kubernetes does with Jobs and pods, as far as launchers can see it.</summary>
internal sealed class FakeController(ObjectStore store)
{
    private int _lastPod;

    public ObjectStore Store => store;

    /// <summary>Namespaces there are.</summary>
    public HashSet<string> Namespaces { get; } = ["scans"];

    /// <summary>Most pods of a namespace (<c>ResourceQuota</c> on <c>pods</c>).</summary>
    public int PodQuota { get; set; } = int.MaxValue;

    /// <summary>Most Jobs of a namespace (<c>count/jobs.batch</c>).</summary>
    public int JobQuota { get; set; } = int.MaxValue;

    public bool MakesPods { get; set; } = true;

    /// <summary>Servers before 1.27 refuse to change the completions of a Job.</summary>
    public bool IsElastic { get; set; } = true;

    public long BookmarkedTo { get; private set; }

    public JsonObject[] Jobs => [.. Namespaces.SelectMany(n => store.All("jobs", n))];

    public JsonObject[] Pods => [.. Namespaces.SelectMany(n => store.All("pods", n))];

    public void Bookmark() => BookmarkedTo = store.Version;

    /// <summary>As the server sends it: an object with nothing but its version.</summary>
    public JsonObject BookmarkOf(string resource, long version)
    {
        JsonObject item = new() { ["kind"] = resource switch { "jobs" => "Job", "pods" => "Pod", _ => "Event" }, ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}", ["creationTimestamp"] = null } };
        if (resource == "jobs") item["spec"] = new JsonObject { ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["creationTimestamp"] = null }, ["spec"] = new JsonObject { ["containers"] = null } } };
        if (resource == "pods") item["spec"] = new JsonObject { ["containers"] = null };
        if (resource == "events") item["involvedObject"] = new JsonObject();
        return item;
    }

    public Answer CreateJob(string ns, string body)
    {
        if (!Namespaces.Contains(ns)) return Answer.Refuse(404, $"namespaces \"{ns}\" not found", isComplaint: false);
        if (JsonNode.Parse(body) is not JsonObject job) return Answer.Refuse(400, "no object");
        string[] faults = [.. Schema.Faults("Job", job)];
        if (faults.Length == 0) faults = [.. JobRules.Faults(job), .. JobRules.RestrictedFaults(job["spec"]!["template"]!["spec"]!.AsObject()).Select(f => "violates PodSecurity \"restricted:latest\": " + f)];
        if (faults.Length > 0) return Answer.Refuse(422, $"Job is invalid: {string.Join("; ", faults)}");
        string name = job["metadata"]!["name"]!.GetValue<string>();
        if (store.Find("jobs", ns, name) is not null) return Answer.Refuse(409, $"jobs.batch \"{name}\" already exists");
        if (store.All("jobs", ns).Count() >= JobQuota)
        {
            return Answer.Refuse(403, $"jobs.batch \"{name}\" is forbidden: exceeded quota: team, requested: count/jobs.batch=1, used: count/jobs.batch={JobQuota}, limited: count/jobs.batch={JobQuota}");
        }

        JsonObject metadata = job["metadata"]!.AsObject();
        (metadata["namespace"], metadata["uid"], metadata["creationTimestamp"]) = (ns, Guid.NewGuid().ToString(), Now());
        job["status"] = new JsonObject();
        store.Save("jobs", job);
        JsonObject answer = (JsonObject)job.DeepClone();
        Reconcile(job);
        return new(201, answer);
    }

    public Answer ReadJob(string ns, string name) => store.Find("jobs", ns, name) is { } job ? new(200, (JsonObject)job.DeepClone()) : Answer.Absent("jobs.batch", name);

    public Answer PatchJob(string ns, string name, string body)
    {
        JsonObject change = JsonNode.Parse(body)!.AsObject();
        string[] faults = [.. Schema.Faults("JobPatch", change)];
        if (faults.Length > 0) return Answer.Refuse(422, string.Join("; ", faults));
        if (store.Find("jobs", ns, name) is not { } job) return Answer.Absent("jobs.batch", name);
        JsonObject metadata = job["metadata"]!.AsObject();
        foreach (string guard in (string[])["uid", "resourceVersion"])
        {
            if (change["metadata"]?[guard]?.GetValue<string>() is { } wanted && wanted != metadata[guard]!.GetValue<string>()) return Answer.Refuse(409, $"the object has been modified ({guard})");
        }

        int completions = change["spec"]?["completions"]?.GetValue<int>() ?? Completions(job), parallelism = change["spec"]?["parallelism"]?.GetValue<int>() ?? Completions(job);
        if (completions != Completions(job) && (!IsElastic || completions != parallelism)) return Answer.Refuse(422, "spec.completions: Invalid value: field is immutable", isComplaint: IsElastic);
        (job["spec"]!["completions"], job["spec"]!["parallelism"]) = (completions, parallelism);
        foreach ((string key, JsonNode? value) in change["metadata"]?["annotations"]?.AsObject() ?? []) metadata["annotations"]![key] = value!.DeepClone();
        store.Save("jobs", job);
        foreach (JsonObject pod in PodsOf(job).Where(p => Index(p) >= completions).ToArray()) store.Delete("pods", pod);
        Reconcile(job);
        return new(200, (JsonObject)job.DeepClone());
    }

    public Answer DeleteJob(string ns, string name, string body)
    {
        JsonNode? options = body.Length > 0 ? JsonNode.Parse(body) : null;
        string[] faults = options is null ? [] : [.. Schema.Faults("DeleteOptions", options)];
        if (faults.Length > 0) return Answer.Refuse(422, string.Join("; ", faults));
        if (store.Find("jobs", ns, name) is not { } job) return Answer.Absent("jobs.batch", name);
        if (options?["preconditions"]?["uid"]?.GetValue<string>() is { } uid && uid != job["metadata"]!["uid"]!.GetValue<string>()) return Answer.Refuse(409, "Precondition failed: UID");
        // The default of this group is to leave the pods behind.
        if (options?["propagationPolicy"]?.GetValue<string>() is not ("Background" or "Foreground")) return Answer.Refuse(422, "the pods would be orphaned");
        Remove(job);
        return new(200, FakeCluster.StatusObject(200, ""));
    }

    public Answer DeleteJobs(string ns, Selection selection)
    {
        foreach (JsonObject job in store.All("jobs", ns).Where(selection.Takes).ToArray()) Remove(job);
        return new(200, FakeCluster.StatusObject(200, ""));
    }

    /// <summary>A pod that is deleted before it ended counts as failed for its index.</summary>
    public Answer DeletePod(string ns, string name)
    {
        if (store.Find("pods", ns, name) is not { } pod) return Answer.Absent("pods", name);
        store.Delete("pods", pod);
        if (store.Find("jobs", ns, pod["metadata"]!["labels"]!["batch.kubernetes.io/job-name"]!.GetValue<string>()) is { } job)
        {
            Count(job, "failedIndexes", Index(pod));
            Reconcile(job);
        }

        return new(200, (JsonObject)pod.DeepClone());
    }

    /// <summary>Sets the status of the pods of some indexes; those that end are counted.</summary>
    public void SetPods(string status, params int[] indexes)
    {
        foreach (JsonObject pod in Pods.Where(p => indexes.Length == 0 || indexes.Contains(Index(p))).ToArray())
        {
            pod["status"] = JsonNode.Parse(status);
            pod["spec"]!["nodeName"] = $"node-{Index(pod)}";
            store.Save("pods", pod);
            JsonObject? job = Jobs.FirstOrDefault(j => Name(j) == pod["metadata"]!["labels"]!["batch.kubernetes.io/job-name"]!.GetValue<string>());
            string? counted = pod["status"]!["phase"]!.GetValue<string>() switch { "Succeeded" => "completedIndexes", "Failed" => "failedIndexes", _ => null };
            if (job is not null && counted is not null) Count(job, counted, Index(pod));
        }
    }

    public void SetJobs(string status, string? spec = null)
    {
        foreach (JsonObject job in Jobs)
        {
            job["status"] = JsonNode.Parse(status);
            foreach ((string key, JsonNode? value) in JsonNode.Parse(spec ?? "{}")!.AsObject()) job["spec"]![key] = value!.DeepClone();
            store.Save("jobs", job);
        }
    }

    /// <summary>Makes the pods that are missing, as far as the quota lets it.</summary>
    public void Reconcile(JsonObject job)
    {
        if (!MakesPods) return;
        string ns = job["metadata"]!["namespace"]!.GetValue<string>();
        HashSet<int> done = [.. Counted(job, "completedIndexes"), .. Counted(job, "failedIndexes"), .. PodsOf(job).Select(Index)];
        foreach (int index in Enumerable.Range(0, Completions(job)).Where(i => !done.Contains(i)))
        {
            if (store.All("pods", ns).Count() >= PodQuota)
            {
                Refuse(job, ns, $"Error creating: pods \"{Name(job)}-{index}-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods={PodQuota}, limited: pods={PodQuota}");
                return;
            }

            MakePod(job, ns, index);
        }
    }

    public void ReconcileAll()
    {
        foreach (JsonObject job in Jobs) Reconcile(job);
    }

    public void Refuse(JsonObject job, string ns, string message) => store.Save("events", new()
    {
        ["kind"] = "Event",
        ["apiVersion"] = "v1",
        ["reason"] = "FailedCreate",
        ["message"] = message,
        ["type"] = "Warning",
        ["eventTime"] = null,
        ["metadata"] = new JsonObject { ["name"] = $"{Name(job)}.{++_lastPod:x}", ["namespace"] = ns },
        ["involvedObject"] = new JsonObject { ["kind"] = "Job", ["name"] = Name(job), ["namespace"] = ns, ["uid"] = job["metadata"]!["uid"]!.GetValue<string>() },
    });

    public static string Name(JsonObject item) => item["metadata"]!["name"]!.GetValue<string>();

    public static int Index(JsonObject pod) => int.Parse(pod["metadata"]!["annotations"]!["batch.kubernetes.io/job-completion-index"]!.GetValue<string>(), CultureInfo.InvariantCulture);

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static int Completions(JsonObject job) => job["spec"]!["completions"]!.GetValue<int>();

    private static HashSet<int> Counted(JsonObject job, string list) => KubernetesJobs.Jobs.IndexSet.Parse(job["status"]?[list]?.GetValue<string>(), int.MaxValue - 1);

    private IEnumerable<JsonObject> PodsOf(JsonObject job) => store.All("pods", job["metadata"]!["namespace"]!.GetValue<string>()).Where(p => p["metadata"]!["labels"]!["batch.kubernetes.io/job-name"]!.GetValue<string>() == Name(job));

    private void Count(JsonObject job, string list, int index)
    {
        job["status"]![list] = KubernetesJobs.Jobs.IndexSet.Format(Counted(job, list).Append(index));
        store.Save("jobs", job);
    }

    private void Remove(JsonObject job)
    {
        store.Delete("jobs", job);
        foreach (JsonObject pod in PodsOf(job).ToArray()) store.Delete("pods", pod);
    }

    private void MakePod(JsonObject job, string ns, int index)
    {
        JsonObject template = (JsonObject)job["spec"]!["template"]!.DeepClone(), metadata = template["metadata"]!.AsObject();
        metadata["name"] = $"{Name(job)}-{index}-{++_lastPod:x4}";
        (metadata["namespace"], metadata["uid"], metadata["creationTimestamp"]) = (ns, Guid.NewGuid().ToString(), Now());
        JsonObject labels = metadata["labels"]!.AsObject(), annotations = (metadata["annotations"] ??= new JsonObject()).AsObject();
        (labels["batch.kubernetes.io/job-name"], labels["batch.kubernetes.io/job-completion-index"]) = (Name(job), $"{index}");
        annotations["batch.kubernetes.io/job-completion-index"] = $"{index}";
        store.Save("pods", new() { ["kind"] = "Pod", ["apiVersion"] = "v1", ["metadata"] = metadata.DeepClone(), ["spec"] = template["spec"]!.DeepClone(), ["status"] = new JsonObject { ["phase"] = "Pending" } });
    }
}
