using System.Globalization;
using System.Text.Json.Nodes;

namespace SkyDriver.KubernetesJobs.Tests.Double;

/// <summary>Objects with versions, and the history that watches read. Not safe for threads: the cluster holds a lock.</summary>
internal sealed class ObjectStore
{
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<StoredEvent> _history = [];

    public long Version { get; private set; } = 1000;

    /// <summary>History up to here is gone: a watch from before it is answered with 410.</summary>
    public long CompactedTo { get; private set; }

    public JsonObject? Find(string resource, string inNamespace, string name) => _objects.GetValueOrDefault(Key(resource, inNamespace, name));

    public IEnumerable<JsonObject> All(string resource, string inNamespace) =>
        _objects.Where(o => o.Key.StartsWith($"{resource}/{inNamespace}/", StringComparison.Ordinal)).Select(o => o.Value);

    public JsonObject Save(string resource, JsonObject item)
    {
        JsonObject metadata = item["metadata"]!.AsObject();
        string key = Key(resource, metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>());
        metadata["resourceVersion"] = (++Version).ToString(CultureInfo.InvariantCulture);
        _history.Add(new(Version, _objects.ContainsKey(key) ? "MODIFIED" : "ADDED", resource, (JsonObject)item.DeepClone()));
        return _objects[key] = item;
    }

    public void Delete(string resource, JsonObject item)
    {
        JsonObject metadata = item["metadata"]!.AsObject();
        _objects.Remove(Key(resource, metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>()));
        metadata["resourceVersion"] = (++Version).ToString(CultureInfo.InvariantCulture);
        _history.Add(new(Version, "DELETED", resource, (JsonObject)item.DeepClone()));
    }

    public IEnumerable<StoredEvent> After(long version) => _history.Where(e => e.Version > version);

    public void Compact()
    {
        CompactedTo = ++Version;
        _history.Clear();
    }

    private static string Key(string resource, string inNamespace, string name) => $"{resource}/{inNamespace}/{name}";
}

internal sealed record StoredEvent(long Version, string Type, string Resource, JsonObject Object);

/// <summary>Selectors of labels (<c>a=b,c=d</c>) and of fields.</summary>
internal sealed class Selection(string? labels, string? fields)
{
    public bool Takes(JsonObject item) =>
        Pairs(labels).All(p => item["metadata"]?["labels"]?[p.Key]?.GetValue<string>() == p.Value)
        && Pairs(fields).All(p => p.Key.Split('.').Aggregate((JsonNode?)item, (node, part) => node?[part])?.GetValue<string>() == p.Value);

    private static IEnumerable<KeyValuePair<string, string>> Pairs(string? text) =>
        (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => KeyValuePair.Create(p.Split('=', 2)[0], p.Split('=', 2)[1]));
}
