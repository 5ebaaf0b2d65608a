using System.Text.Json;
using System.Text.Json.Serialization;
using Grpc.Core;

namespace SkyDriver.LocalWorkers;

/// <summary>The operations of every launcher of workers, as JSON: deploy, list, remove. All are idempotent.</summary>
internal static class LauncherOperations
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string[] All { get; } = ["deploy", "list", "remove"];

    public static async Task<byte[]> InvokeAsync(WorkerPool pool, string operation, ReadOnlyMemory<byte> data)
    {
        try
        {
            object answer = operation switch
            {
                "deploy" => Deploy(pool, Parse<DeployRequest>(data)),
                "list" => List(pool, Parse<ListRequest>(data)),
                "remove" => await RemoveAsync(pool, Parse<RemoveRequest>(data)),
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
        if (string.IsNullOrWhiteSpace(request.ScanId) || string.IsNullOrWhiteSpace(request.IdempotencyKey)) throw Invalid("scan_id and idempotency_key must be given");
        if (request.Count < 1) throw Invalid($"count is {request.Count}; it must be from 1 on");
        return new { workers = pool.Deploy(request.ScanId, request.Count, request.IdempotencyKey, request.Env ?? []) };
    }

    private static object List(WorkerPool pool, ListRequest request) => new { workers = pool.List(w => request.ScanId is null || w.ScanId == request.ScanId) };

    private static async Task<object> RemoveAsync(WorkerPool pool, RemoveRequest request)
    {
        if (request.ScanId is null && request.Ids is null) throw Invalid("scan_id or ids must be given");
        return new { removed = await pool.RemoveAsync(w => (request.ScanId is null || w.ScanId == request.ScanId) && (request.Ids is null || request.Ids.Contains(w.Id))) };
    }

    private static T Parse<T>(ReadOnlyMemory<byte> data) => JsonSerializer.Deserialize<T>(data.Span, Json) ?? throw Invalid("data must be a JSON object");

    private static RpcException Invalid(string reason) => new(new Status(StatusCode.InvalidArgument, reason));

    private sealed record DeployRequest([property: JsonRequired] string ScanId, [property: JsonRequired] int Count, [property: JsonRequired] string IdempotencyKey, Dictionary<string, string>? Env);

    private sealed record ListRequest(string? ScanId);

    private sealed record RemoveRequest(string? ScanId, string[]? Ids);
}
