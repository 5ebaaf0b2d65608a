using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.Components;

namespace SkyDriver.LocalWorkers;

/// <summary>The operations of every launcher of workers, as JSON: deploy, list, remove, logs. All are idempotent.</summary>
internal static class LauncherOperations
{
    private const int MaxNameLength = 128;
    private const int DefaultTail = 64 << 10;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string[] All { get; } = ["deploy", "list", "remove", "logs"];

    public static async Task<byte[]> InvokeAsync(WorkerPool pool, string operation, ReadOnlyMemory<byte> data)
    {
        try
        {
            object answer = operation switch
            {
                "deploy" => Deploy(pool, Parse<DeployRequest>(data)),
                "list" => List(pool, Parse<ListRequest>(data)),
                "remove" => await RemoveAsync(pool, Parse<RemoveRequest>(data)),
                "logs" => Logs(pool, Parse<LogsRequest>(data)),
                _ => throw Invalid($"operation '{operation}' is not known; use one of: {string.Join(", ", All)}"),
            };
            return JsonSerializer.SerializeToUtf8Bytes(answer, Json);
        }
        catch (JsonException fault)
        {
            throw Invalid($"the data of '{operation}' cannot be read: {fault.Message}");
        }
    }

    private static object Deploy(WorkerPool pool, DeployRequest request)
    {
        List<string> faults = [];
        Dictionary<string, string> environment = request.Env ?? [];
        if (!IsName(request.ScanId)) faults.Add($"scan_id must be given, with at most {MaxNameLength} characters and no control characters");
        if (string.IsNullOrWhiteSpace(request.IdempotencyKey)) faults.Add("idempotency_key must be given");
        if (request.Count < 1) faults.Add($"count is {request.Count}; it must be from 1 on");
        if (request.Place is { } place && !IsName(place)) faults.Add($"place must have 1 to {MaxNameLength} characters and no control characters");
        foreach (string name in environment.Where(e => !IsVariable(e.Key, e.Value)).Select(e => e.Key)) faults.Add($"env '{name}' is not a variable with a text");
        if (faults.Count > 0) throw Invalid(string.Join("; ", faults));
        IReadOnlyList<string> workers = pool.Deploy(request.ScanId, request.Count, request.IdempotencyKey, environment, request.Place);
        return workers.Count == request.Count
            ? new { workers }
            : new { workers, denied = new { kind = "quota", message = $"at most {pool.Settings.MaxWorkers} workers run at once on this machine" } };
    }

    // This machine is one place, whatever callers call it, and always answers.
    private static object List(WorkerPool pool, ListRequest request) => new
    {
        workers = pool.List(w => (request.ScanId is null || w.ScanId == request.ScanId) && (request.Place is null || w.Place is null || w.Place == request.Place)),
        unreachable = Array.Empty<object>(),
    };

    private static async Task<object> RemoveAsync(WorkerPool pool, RemoveRequest request)
    {
        if (request.ScanId is null && request.Ids is null) throw Invalid("scan_id or ids must be given");
        return new { removed = await pool.RemoveAsync(w => (request.ScanId is null || w.ScanId == request.ScanId) && (request.Ids is null || request.Ids.Contains(w.Id))) };
    }

    private static object Logs(WorkerPool pool, LogsRequest request)
    {
        if (request.ScanId is null && request.Ids is null) throw Invalid("scan_id or ids must be given");
        int tail = request.TailBytes ?? DefaultTail;
        if (tail < 1) throw Invalid($"tail_bytes is {tail}; it must be from 1 on");
        return new { logs = pool.Logs(w => (request.ScanId is null || w.ScanId == request.ScanId) && (request.Ids is null || request.Ids.Contains(w.Id)), tail) };
    }

    private static bool IsName(string text) => !string.IsNullOrWhiteSpace(text) && text.Length <= MaxNameLength && !text.Any(char.IsControl);

    private static bool IsVariable(string name, string? value) => name != "" && !name.Contains('=') && !name.Contains('\0') && value?.Contains('\0') is false;

    // No data is an empty object, as from callers who list everything.
    private static T Parse<T>(ReadOnlyMemory<byte> data) =>
        JsonSerializer.Deserialize<T>(data.IsEmpty ? "{}"u8 : data.Span, Json) ?? throw Invalid("data must be a JSON object");

    private static ComponentException Invalid(string reason) => new(ComponentFault.InvalidRequest, reason);

    private sealed record DeployRequest([property: JsonRequired] string ScanId, [property: JsonRequired] int Count, [property: JsonRequired] string IdempotencyKey, Dictionary<string, string>? Env, string? Place);

    private sealed record ListRequest(string? ScanId, string? Place);

    private sealed record LogsRequest(string? ScanId, string[]? Ids, int? TailBytes);

    private sealed record RemoveRequest(string? ScanId, string[]? Ids);
}
