using System.Net;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Asks an app for the subscriptions it declares in code: <c>GET /dapr/subscribe</c>.</summary>
internal static class ProgrammaticSubscriptions
{
    /// <returns>Empty when the app has none, or answers what cannot be read; the latter is logged.</returns>
    public static async Task<IReadOnlyList<SubscriptionSpec>> FetchAsync(AppChannel channel, ILogger logger, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri("/dapr/subscribe", UriKind.Relative));
        try
        {
            using HttpResponseMessage response = await channel.SendAsync(request, ct);
            if (response.StatusCode is HttpStatusCode.NotFound) return [];
            if (!response.IsSuccessStatusCode)
            {
                logger.LogError("The app answered {Status} at /dapr/subscribe; it gets no messages by code.", (int)response.StatusCode);
                return [];
            }

            return Read(await HttpDelivery.ReadAsync(response, ct));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException)
        {
            logger.LogError("The app's /dapr/subscribe cannot be read: {Reason}", fault.Message);
            return [];
        }
    }

    /// <exception cref="JsonException">The answer is no JSON list.</exception>
    internal static IReadOnlyList<SubscriptionSpec> Read(byte[] answer)
    {
        if (answer.Length == 0) return [];
        using JsonDocument document = JsonDocument.Parse(answer);
        if (document.RootElement.ValueKind is JsonValueKind.Null) return [];
        if (document.RootElement.ValueKind is not JsonValueKind.Array) throw new JsonException("the answer is no list");
        return [.. document.RootElement.EnumerateArray().Where(e => e.ValueKind is JsonValueKind.Object).Select(Read).Where(s => s.Routes.Count > 0)];
    }

    private static SubscriptionSpec Read(JsonElement entry)
    {
        List<RouteRule> routes = [];
        if (Field(entry, "routes", JsonValueKind.Object) is { } table)
        {
            if (Field(table, "rules", JsonValueKind.Array) is { } rules)
            {
                routes.AddRange(rules.EnumerateArray().Where(r => r.ValueKind is JsonValueKind.Object).Select(r => new RouteRule(Text(r, "match"), Text(r, "path") ?? "")).Where(r => r.Path.Length > 0));
            }

            if (Text(table, "default") is { Length: > 0 } fallback) routes.Add(new(null, fallback));
        }

        if (Text(entry, "route") is { Length: > 0 } route) routes.Add(new(null, route));
        return new(
            Text(entry, "pubsubname") ?? "", Text(entry, "topic") ?? "", routes, Metadata(entry), Text(entry, "deadLetterTopic") is { Length: > 0 } dead ? dead : null,
            Bulk(entry), "PROGRAMMATIC");
    }

    private static Dictionary<string, string> Metadata(JsonElement entry)
    {
        Dictionary<string, string> metadata = new(StringComparer.OrdinalIgnoreCase);
        if (Field(entry, "metadata", JsonValueKind.Object) is not { } fields) return metadata;
        foreach (JsonProperty field in fields.EnumerateObject()) metadata[field.Name] = field.Value.ToString();
        return metadata;
    }

    private static BulkSettings? Bulk(JsonElement entry)
    {
        if (Field(entry, "bulkSubscribe", JsonValueKind.Object) is not { } bulk) return null;
        if (!bulk.TryGetProperty("enabled", out JsonElement enabled) || enabled.ValueKind is not JsonValueKind.True) return null;
        return new(
            Number(bulk, "maxMessagesCount") is { } count and > 0 ? Math.Min(count, 100_000) : BulkSettings.Default.MaxMessages,
            Number(bulk, "maxAwaitDurationMs") is { } wait and > 0 ? TimeSpan.FromMilliseconds(wait) : BulkSettings.Default.MaxAwait);
    }

    private static JsonElement? Field(JsonElement element, string name, JsonValueKind kind) =>
        element.TryGetProperty(name, out JsonElement field) && field.ValueKind == kind ? field : null;

    private static string? Text(JsonElement element, string name) => Field(element, name, JsonValueKind.String)?.GetString();

    private static int? Number(JsonElement element, string name) =>
        Field(element, name, JsonValueKind.Number) is { } field && field.TryGetInt32(out int number) ? number : null;
}
