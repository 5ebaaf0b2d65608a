using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.Components;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor;

/// <summary>The operations of every launcher of workers, as JSON: deploy, list, remove, logs. All are idempotent.</summary>
internal static class LauncherOperations
{
    private const int MaxNameLength = 128;
    private const int MaxKeyLength = 512;
    private const int MaxVariables = 1000;
    private const int MaxEnvironmentLength = 100_000;
    private const int UsualTailBytes = 65_536;
    private const int MostTailBytes = 1 << 20;

    /// <summary>Answers must fit into one message of a component.</summary>
    private const int MaxAnswerBytes = 4_000_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string[] All { get; } = ["deploy", "list", "remove", "logs"];

    public static async Task<byte[]> InvokeAsync(Launcher launcher, string operation, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        object answer;
        try
        {
            answer = operation switch
            {
                "deploy" => await DeployAsync(launcher, Parse<DeployRequest>(data), ct),
                "list" => await ListAsync(launcher, Parse<ListRequest>(data), ct),
                "remove" => await RemoveAsync(launcher, Parse<RemoveRequest>(data), ct),
                "logs" => await LogsAsync(launcher, Parse<LogsRequest>(data), ct),
                _ => throw Invalid($"operation '{operation}' is not known; use one of: {string.Join(", ", All)}"),
            };
        }
        catch (JsonException fault)
        {
            throw Invalid($"the data of '{operation}' cannot be read: {fault.Message}");
        }

        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(answer, Json);
        return bytes.Length <= MaxAnswerBytes ? bytes : throw new ComponentException(ComponentFault.ResourceExhausted, $"the answer of '{operation}' has {bytes.Length} bytes, more than fit into one message; ask for one scan at a time");
    }

    /// <summary>A text of printable characters, any of them.</summary>
    internal static bool IsName(string? text, int most) => !string.IsNullOrWhiteSpace(text) && text.Length <= most && SubmitText.FaultOf(text.Replace("$", "", StringComparison.Ordinal)) is null;

    private static async Task<object> DeployAsync(Launcher launcher, DeployRequest request, CancellationToken ct)
    {
        List<string> faults = [];
        Place? place = launcher.Find(request.Place);
        if (place is null) faults.Add($"place {(request.Place is null ? "must be given" : $"'{request.Place}' is not known")}; use one of: {string.Join(", ", launcher.Names)}");
        if (!IsName(request.ScanId, MaxNameLength)) faults.Add($"scan_id must be given, with at most {MaxNameLength} characters and no control characters");
        if (!IsName(request.IdempotencyKey, MaxKeyLength)) faults.Add($"idempotency_key must be given, with at most {MaxKeyLength} characters and no control characters");
        if (request.Count is < 1 or > RequestLimits.MostJobs) faults.Add($"count is {request.Count}; it must be from 1 to {RequestLimits.MostJobs}");
        Dictionary<string, string> environment = Environment(request.Env, faults);
        // Also where the place is not known, so that all faults are said at once.
        JobResources resources = Resources(request.Resources ?? new(), (place?.Settings ?? launcher.Settings.Places[0]).Template, faults);
        if (faults.Count > 0) throw Invalid(string.Join("; ", faults));
        DeployOutcome outcome = await place!.DeployAsync(new(request.ScanId, request.Count, request.IdempotencyKey, environment, resources), ct);
        return new DeployAnswer(
            outcome.Submission is { } made ? [.. Enumerable.Range(0, made.Count).Select(proc => new WorkerName(place.Name, made.ClusterId, proc).ToString())] : [],
            outcome.Submission is { } cluster ? new(place.Settings.Collector ?? "", place.Settings.Schedd ?? "", cluster.ClusterId) : null,
            outcome.Denied);
    }

    private static Dictionary<string, string> Environment(Dictionary<string, string?>? given, List<string> faults)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in given ?? [])
        {
            if (!SettingsText.IsVariable(name) || value is null || value.Contains('\0')) faults.Add($"env '{name}' is not a variable with a text");
            else environment[name] = value;
        }

        if (environment.Count > MaxVariables || environment.Sum(v => v.Key.Length + v.Value.Length) > MaxEnvironmentLength) faults.Add($"env may have {MaxVariables} variables and {MaxEnvironmentLength} characters in all");
        return environment;
    }

    private static JobResources Resources(ResourcesRequest given, JobTemplate template, List<string> faults)
    {
        JobResources defaults = template.Defaults;
        if (given.Cpus is < 1 or > RequestLimits.MostCpus) faults.Add($"resources.cpus is {given.Cpus}; it must be from 1 to {RequestLimits.MostCpus}");
        if (given.MemoryBytes is < 1 or > RequestLimits.MostBytes) faults.Add($"resources.memory_bytes is {given.MemoryBytes}; it must be from 1 to {RequestLimits.MostBytes}");
        if (given.DiskBytes is < 1 or > RequestLimits.MostBytes) faults.Add($"resources.disk_bytes is {given.DiskBytes}; it must be from 1 to {RequestLimits.MostBytes}");
        if (given.MaxRunSeconds is < 1 or > RequestLimits.MostSeconds) faults.Add($"resources.max_run_seconds is {given.MaxRunSeconds}; it must be from 1 to {RequestLimits.MostSeconds}");
        if (given.Priority is < -RequestLimits.MostPriority or > RequestLimits.MostPriority) faults.Add($"resources.priority is {given.Priority}; it must be from {-RequestLimits.MostPriority} to {RequestLimits.MostPriority}");
        if (given.Image is not null && !SettingsText.IsImage(given.Image)) faults.Add("resources.image must be an image's name or path, of letters, digits and . _ : / @ + -");
        return new(
            given.Cpus ?? defaults.Cpus,
            given.MemoryBytes ?? defaults.MemoryBytes,
            given.DiskBytes ?? defaults.DiskBytes,
            given.Image ?? defaults.Image,
            given.MaxRunSeconds is { } wanted && defaults.MaxRunSeconds is { } most ? Math.Min(wanted, most) : given.MaxRunSeconds ?? defaults.MaxRunSeconds,
            given.Priority ?? defaults.Priority);
    }

    private static async Task<object> ListAsync(Launcher launcher, ListRequest request, CancellationToken ct) => await launcher.ListAsync(request.ScanId, Only(launcher, request.Place), ct);

    private static async Task<object> RemoveAsync(Launcher launcher, RemoveRequest request, CancellationToken ct)
    {
        if (request.ScanId is null && request.Ids is null) throw Invalid("scan_id or ids must be given");
        return new { removed = await launcher.RemoveAsync(request.ScanId, request.Ids, Only(launcher, request.Place), ct) };
    }

    private static async Task<object> LogsAsync(Launcher launcher, LogsRequest request, CancellationToken ct)
    {
        if (request.ScanId is null && request.Ids is null) throw Invalid("scan_id or ids must be given");
        int tail = request.TailBytes ?? UsualTailBytes;
        if (tail is < 1 or > MostTailBytes) throw Invalid($"tail_bytes is {tail}; it must be from 1 to {MostTailBytes}");
        return new { logs = await launcher.LogsAsync(request.ScanId, request.Ids, Only(launcher, request.Place), tail, ct) };
    }

    private static Place? Only(Launcher launcher, string? place) =>
        place is null ? null : launcher.Find(place) ?? throw Invalid($"place '{place}' is not known; use one of: {string.Join(", ", launcher.Names)}");

    // No data is an empty object, as from callers who list everything.
    private static T Parse<T>(ReadOnlyMemory<byte> data) =>
        JsonSerializer.Deserialize<T>(data.IsEmpty ? "{}"u8 : data.Span, Json) ?? throw Invalid("data must be a JSON object");

    private static ComponentException Invalid(string reason) => new(ComponentFault.InvalidRequest, reason);

    private sealed record DeployRequest(
        [property: JsonRequired] string ScanId, [property: JsonRequired] int Count, [property: JsonRequired] string IdempotencyKey,
        Dictionary<string, string?>? Env, string? Place, ResourcesRequest? Resources);

    private sealed record ResourcesRequest(int? Cpus = null, long? MemoryBytes = null, long? DiskBytes = null, string? Image = null, int? MaxRunSeconds = null, int? Priority = null);

    private sealed record ListRequest(string? ScanId, string? Place);

    private sealed record RemoveRequest(string? ScanId, string?[]? Ids, string? Place);

    private sealed record LogsRequest(string? ScanId, string?[]? Ids, int? TailBytes, string? Place);

    private sealed record DeployAnswer(
        IReadOnlyList<string> Workers,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ClusterAnswer? Cluster,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Denial? Denied);

    private sealed record ClusterAnswer(string Collector, string Schedd, long ClusterId);
}
