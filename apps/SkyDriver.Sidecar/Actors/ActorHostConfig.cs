using System.Text.Json;

namespace SkyDriver.Sidecar.Actors;

/// <summary>How an app wants one of its actor types run.</summary>
internal sealed record ActorTypeSettings
{
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan ScanInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long calls may still run when their instance leaves in order; zero cuts them at once.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(2);

    public bool Reentrant { get; init; }

    public int MaxStackDepth { get; init; } = 32;
}

/// <summary>The answer of an app to <c>GET /dapr/config</c>: the actor types it hosts.</summary>
internal static class ActorHostConfig
{
    /// <exception cref="JsonException">Not the JSON that Dapr's contract asks for.</exception>
    /// <exception cref="FormatException">A duration that is none.</exception>
    public static IReadOnlyDictionary<string, ActorTypeSettings> Parse(ReadOnlyMemory<byte> json)
    {
        Dictionary<string, ActorTypeSettings> types = new(StringComparer.Ordinal);
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return types;
        var general = Read(root, new ActorTypeSettings());
        foreach (string type in Names(root)) types[type] = general;
        if (!root.TryGetProperty("entitiesConfig", out var special) || special.ValueKind != JsonValueKind.Array) return types;
        foreach (var item in special.EnumerateArray())
        {
            var settings = Read(item, general);
            foreach (string type in Names(item).Where(types.ContainsKey)) types[type] = settings;
        }

        return types;
    }

    private static IEnumerable<string> Names(JsonElement element) =>
        element.TryGetProperty("entities", out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Select(n => n.GetString() ?? "").Where(n => n.Length > 0)
            : [];

    private static ActorTypeSettings Read(JsonElement element, ActorTypeSettings basis)
    {
        var settings = basis with
        {
            IdleTimeout = Duration(element, "actorIdleTimeout") ?? basis.IdleTimeout,
            ScanInterval = Duration(element, "actorScanInterval") ?? basis.ScanInterval,
            Drain = IsFalse(element, "drainRebalancedActors") ? TimeSpan.Zero : Duration(element, "drainOngoingCallTimeout") ?? basis.Drain,
        };
        if (!element.TryGetProperty("reentrancy", out var reentrancy) || reentrancy.ValueKind != JsonValueKind.Object) return settings;
        return settings with
        {
            Reentrant = reentrancy.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True,
            MaxStackDepth = reentrancy.TryGetProperty("maxStackDepth", out var depth) && depth.TryGetInt32(out int n) && n > 0 ? n : settings.MaxStackDepth,
        };
    }

    private static bool IsFalse(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    private static TimeSpan? Duration(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text) return null;
        return TimeGrammar.TryParseGo(text, out var span) && span > TimeSpan.Zero ? span : throw new FormatException($"{name}: '{text}' is no positive duration such as 30s or 1h.");
    }
}
