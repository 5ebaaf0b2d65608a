using System.Text.Json;
using System.Text.RegularExpressions;

namespace SkyDriver.Components.Launchers;

/// <summary>What every launcher of workers answers, as JSON: deploy, list, remove, logs. All are idempotent. Here requests are read and judged, all faults at once.</summary>
public abstract partial class LauncherContract
{
    public const int MaxNameLength = 128;

    /// <summary>Most bytes of one stream of one worker that <c>logs</c> answers with.</summary>
    public const int MostTailBytes = 1 << 20;

    private const int MaxKeyLength = 512;
    private const int MaxVariables = 1000;
    private const int MostIds = 100_000;
    private const int MostCpus = 4096;
    private const int MostSeconds = 366 * 86_400;
    private const int MostPriority = 1_000_000;
    private const int UsualTailBytes = 64 << 10;

    /// <summary>A pebibyte.</summary>
    private const long MostBytes = 1L << 50;

    /// <summary>Answers must fit into one message of a component.</summary>
    private const int MaxAnswerBytes = 4_000_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string[] All { get; } = ["deploy", "list", "remove", "logs"];

    /// <summary>Workers that one request may start.</summary>
    protected virtual int MostWorkers => int.MaxValue;

    /// <summary>Characters of all variables of a request.</summary>
    protected virtual int MaxEnvironmentLength => 100_000;

    /// <exception cref="ComponentException">The request cannot be read, or is none; or whatever the launcher has to say.</exception>
    public async Task<byte[]> InvokeAsync(string operation, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        object answer;
        try
        {
            answer = operation switch
            {
                "deploy" => await DeployAsync(Parse<DeployRequest>(data), ct),
                "list" => await ListAsync(Parse<ListRequest>(data), ct),
                "remove" => await RemoveAsync(Some(Parse<RemoveRequest>(data)), ct),
                "logs" => await LogsAsync(Parse<LogsRequest>(data), ct),
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
    public static bool IsName(string? text, int most = MaxNameLength) => !string.IsNullOrWhiteSpace(text) && text.Length <= most && !text.Any(char.IsControl);

    /// <summary>A variable of a shell.</summary>
    public static bool IsVariable(string text) => VariableForm().IsMatch(text);

    /// <param name="faults">Of the request so far; whoever deploys adds what else is wrong with it, and throws <see cref="ThrowIfFaulty"/> before anything is started.</param>
    protected abstract Task<object> DeployAsync(DeployRequest request, List<string> faults, CancellationToken ct);

    protected abstract Task<object> ListAsync(ListRequest request, CancellationToken ct);

    /// <returns>How many there were.</returns>
    protected abstract Task<int> RemoveWorkersAsync(RemoveRequest request, CancellationToken ct);

    protected abstract Task<object> LogsAsync(LogsRequest request, int tailBytes, CancellationToken ct);

    /// <summary>Launchers that cannot pass every text on say so.</summary>
    protected virtual bool IsSafe(string name) => true;

    protected static void ThrowIfFaulty(IReadOnlyCollection<string> faults)
    {
        if (faults.Count > 0) throw Invalid(string.Join("; ", faults));
    }

    protected static ComponentException Invalid(string reason) => new(ComponentFault.InvalidRequest, reason);

    private async Task<object> DeployAsync(DeployRequest request, CancellationToken ct)
    {
        List<string> faults = [];
        if (!IsName(request.ScanId) || !IsSafe(request.ScanId)) faults.Add($"scan_id must be given, with at most {MaxNameLength} characters and no control characters");
        if (!IsName(request.IdempotencyKey, MaxKeyLength) || !IsSafe(request.IdempotencyKey)) faults.Add($"idempotency_key must be given, with at most {MaxKeyLength} characters and no control characters");
        if (request.Count < 1 || request.Count > MostWorkers) faults.Add($"count is {request.Count}; it must be from 1 to {MostWorkers}");
        if (request.Place is { } place && !IsName(place)) faults.Add($"place must have 1 to {MaxNameLength} characters and no control characters");
        Judge(request.Env ?? [], faults);
        Judge(request.Resources ?? new(), faults);
        return await DeployAsync(request, faults, ct);
    }

    private void Judge(Dictionary<string, string> environment, List<string> faults)
    {
        foreach ((string name, string? value) in environment)
        {
            if (!IsVariable(name) || value?.Contains('\0') is not false) faults.Add($"env '{(name.Length > MaxNameLength ? name[..MaxNameLength] + "..." : name)}' is not a variable with a text; names are of letters, digits and '_'");
        }

        if (environment.Count > MaxVariables || environment.Sum(v => (long)v.Key.Length + (v.Value?.Length ?? 0)) > MaxEnvironmentLength)
            faults.Add($"env may have {MaxVariables} variables and {MaxEnvironmentLength} characters in all; give large values by file");
    }

    private static void Judge(ResourceRequest wanted, List<string> faults)
    {
        Within("cpus", wanted.Cpus, 1, MostCpus);
        Within("memory_bytes", wanted.MemoryBytes, 1 << 20, MostBytes);
        Within("disk_bytes", wanted.DiskBytes, 1, MostBytes);
        Within("max_run_seconds", wanted.MaxRunSeconds, 1, MostSeconds);
        Within("priority", wanted.Priority, -MostPriority, MostPriority);

        void Within(string name, long? value, long least, long most)
        {
            if (value < least || value > most) faults.Add($"resources.{name} is {value}; it must be from {least} to {most}");
        }
    }

    private async Task<object> RemoveAsync(RemoveRequest request, CancellationToken ct) => new { removed = await RemoveWorkersAsync(request, ct) };

    private async Task<object> LogsAsync(LogsRequest request, CancellationToken ct)
    {
        RequireSome(request.ScanId, request.Ids);
        int tail = request.TailBytes ?? UsualTailBytes;
        if (tail is < 1 or > MostTailBytes) throw Invalid($"tail_bytes is {tail}; it must be from 1 to {MostTailBytes}");
        return await LogsAsync(request, tail, ct);
    }

    private static RemoveRequest Some(RemoveRequest request)
    {
        RequireSome(request.ScanId, request.Ids);
        return request;
    }

    private static void RequireSome(string? scanId, string?[]? ids)
    {
        if (scanId is null && ids is null) throw Invalid("scan_id or ids must be given");
        if (ids?.Length > MostIds) throw Invalid($"ids has {ids.Length} entries; give at most {MostIds}");
        if (ids?.Contains(null) is true) throw Invalid("ids has a null; give texts");
    }

    // No data is an empty object, as from callers who list everything.
    private static T Parse<T>(ReadOnlyMemory<byte> data) =>
        JsonSerializer.Deserialize<T>(data.IsEmpty ? "{}"u8 : data.Span, Json) ?? throw Invalid("data must be a JSON object");

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,127}\z")]
    private static partial Regex VariableForm();
}
