using System.Text.Json;
using SkyDriver.Components;
using SkyDriver.KubernetesJobs.Cluster;
using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Operations;

/// <summary>The operations of every launcher of workers, as JSON: deploy, list, remove, logs. All are idempotent.</summary>
internal static class LauncherOperations
{
    private const int MaxNameLength = 128;
    private const int MostIds = 100_000;

    /// <summary>Kubernetes bounds a whole object to about 1.5 MB.</summary>
    private const int MaxEnvironmentLength = 256 << 10;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string[] All { get; } = ["deploy", "list", "remove", "logs"];

    public static async Task<byte[]> InvokeAsync(JobLauncher launcher, string operation, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        try
        {
            object answer = operation switch
            {
                "deploy" => await DeployAsync(launcher, Parse<DeployRequest>(data), ct),
                "list" => await ListAsync(launcher, Parse<ListRequest>(data), ct),
                "remove" => await RemoveAsync(launcher, Parse<RemoveRequest>(data), ct),
                "logs" => await LogsAsync(launcher, Parse<LogsRequest>(data), ct),
                _ => throw Invalid([$"operation '{operation}' is not known; use one of: {string.Join(", ", All)}"]),
            };
            return JsonSerializer.SerializeToUtf8Bytes(answer, Json);
        }
        catch (JsonException fault)
        {
            throw Invalid([$"the data of '{operation}' cannot be read: {fault.Message}"]);
        }
    }

    private static async Task<Deployed> DeployAsync(JobLauncher launcher, DeployRequest request, CancellationToken ct)
    {
        ClusterPlace? place = launcher.FindPlace(request.Place);
        string? image = Images.Resolve(request.Resources?.Image, launcher.Settings.Pod);
        List<string> faults = [.. Faults(request)];
        if (place is null) faults.Add(Unknown(launcher, request.Place));
        if (image is null) faults.Add($"resources.image is '{request.Resources?.Image}'; it is no image, or none that this launcher may start; give a tag of {launcher.Settings.Pod.Image}, or have it added to allowedImages");
        return faults.Count == 0 ? await launcher.DeployAsync(place!, request, image!, ct) : throw Invalid(faults);
    }

    private static Task<Listed> ListAsync(JobLauncher launcher, ListRequest request, CancellationToken ct) =>
        request.Place is { } place && launcher.FindPlace(place) is null ? throw Invalid([Unknown(launcher, place)]) : launcher.ListAsync(request.ScanId, request.Place, ct);

    private static string Unknown(JobLauncher launcher, string? place) => $"place is '{place}'; use one of: {string.Join(", ", launcher.Settings.Places.Select(p => p.Name))}";

    private static IEnumerable<string> Faults(DeployRequest request)
    {
        if (!IsName(request.ScanId)) yield return $"scan_id must be given, with at most {MaxNameLength} characters and no control characters";
        if (!IsName(request.IdempotencyKey)) yield return $"idempotency_key must be given, with at most {MaxNameLength} characters and no control characters";
        if (request.Count < 1) yield return $"count is {request.Count}; it must be from 1 on";
        if (request.Place is { } place && !IsName(place)) yield return $"place must have 1 to {MaxNameLength} characters and no control characters";
        foreach ((string name, string value) in request.Env ?? [])
        {
            if (!Names.IsVariable(name)) yield return $"env '{Short(name)}' is no variable; use letters, digits and '_'";
            else if (value?.Contains('\0') is not false) yield return $"env '{name}' is not a text";
        }

        if (request.Env?.Sum(e => (long)e.Key.Length + (e.Value?.Length ?? 0)) > MaxEnvironmentLength) yield return $"env has more than {MaxEnvironmentLength} characters; give large values by file";
        if (request.Resources is not { } wanted) yield break;
        if (wanted.Cpus is < 1 or > 4096) yield return $"resources.cpus is {wanted.Cpus}; it must be from 1 to 4096";
        if (wanted.MemoryBytes < 1 << 20) yield return $"resources.memory_bytes is {wanted.MemoryBytes}; it must be from 1 MiB on";
        if (wanted.DiskBytes < 1) yield return $"resources.disk_bytes is {wanted.DiskBytes}; it must be from 1 on";
        if (wanted.MaxRunSeconds < 1) yield return $"resources.max_run_seconds is {wanted.MaxRunSeconds}; it must be from 1 on";
    }

    private static async Task<object> RemoveAsync(JobLauncher launcher, RemoveRequest request, CancellationToken ct)
    {
        RequireSome(request.ScanId, request.Ids);
        return new { removed = await launcher.RemoveAsync(request.ScanId, request.Ids, ct) };
    }

    private static async Task<object> LogsAsync(JobLauncher launcher, LogsRequest request, CancellationToken ct)
    {
        RequireSome(request.ScanId, request.Ids);
        int tail = request.TailBytes ?? LogReader.DefaultTail;
        if (tail is < 1 or > LogReader.MostBytes) throw Invalid([$"tail_bytes is {tail}; it must be from 1 to {LogReader.MostBytes}"]);
        return new { logs = await launcher.LogsAsync(request.ScanId, request.Ids, tail, ct) };
    }

    private static void RequireSome(string? scanId, string[]? ids)
    {
        if (scanId is null && ids is null) throw Invalid(["scan_id or ids must be given"]);
        if (ids?.Length > MostIds) throw Invalid([$"ids has {ids.Length} entries; give at most {MostIds}"]);
        if (ids?.Contains(null) is true) throw Invalid(["ids has a null; give texts"]);
    }

    private static bool IsName(string text) => !string.IsNullOrWhiteSpace(text) && text.Length <= MaxNameLength && !text.Any(char.IsControl);

    private static string Short(string text) => text.Length > MaxNameLength ? text[..MaxNameLength] + "..." : text;

    // No data is an empty object, as from callers who list everything.
    private static T Parse<T>(ReadOnlyMemory<byte> data) =>
        JsonSerializer.Deserialize<T>(data.IsEmpty ? "{}"u8 : data.Span, Json) ?? throw Invalid(["data must be a JSON object"]);

    private static ComponentException Invalid(IEnumerable<string> faults) => new(ComponentFault.InvalidRequest, string.Join("; ", faults));
}
