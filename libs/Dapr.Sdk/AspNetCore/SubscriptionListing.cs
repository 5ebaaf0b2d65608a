using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dapr.AspNetCore;

/// <summary>Gathers the answer of <c>GET /dapr/subscribe</c> from endpoint metadata: one entry per (pub/sub, topic).</summary>
internal static class SubscriptionListing
{
    private const string RawPayload = "rawPayload";

    public static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static IReadOnlyList<Subscription> Create(IEnumerable<RouteEndpoint> endpoints, SubscribeOptions options, ILogger logger) =>
    [
        .. endpoints
            .SelectMany(e => e.Metadata.GetOrderedMetadata<ITopicMetadata>().Select(t => new Marked(e, t)))
            .GroupBy(m => (m.Topic.PubsubName, m.Topic.Name))
            .Select(group => Describe([.. group], options, logger)),
    ];

    private static Subscription Describe(IReadOnlyList<Marked> marked, SubscribeOptions options, ILogger logger)
    {
        var topic = marked[0].Topic;
        var rules = marked.Where(m => !string.IsNullOrEmpty(m.Topic.Match)).OrderBy(m => m.Topic.Priority).ToArray();
        var plain = marked.Except(rules).Select(m => m.Path).Distinct().ToArray();
        if (plain.Length > 1)
        {
            logger.LogError(
                "Topic {Topic} of {PubSub} has {Count} routes without a rule ({Routes}); the first one receives it.",
                topic.Name, topic.PubsubName, plain.Length, string.Join(", ", plain));
        }

        string? fallback = plain.FirstOrDefault();
        return new Subscription
        {
            PubsubName = topic.PubsubName,
            Topic = topic.Name,
            Route = rules.Length == 0 ? fallback : null,
            Routes = rules.Length == 0 ? null : new Routes([.. rules.Select(r => new Rule(r.Topic.Match, r.Path))], fallback),
            Metadata = Entries(marked, options) is { Count: > 0 } entries ? entries : null,
            DeadLetterTopic = marked.Select(m => (m.Topic as IDeadLetterTopicMetadata)?.DeadLetterTopic).FirstOrDefault(d => !string.IsNullOrEmpty(d)),
            BulkSubscribe = marked.SelectMany(m => m.Endpoint.Metadata.GetOrderedMetadata<IBulkSubscribeMetadata>())
                .Where(b => b.TopicName == topic.Name)
                .Select(b => new BulkSubscribe(true, b.MaxMessagesCount, b.MaxAwaitDurationMs))
                .FirstOrDefault(),
        };
    }

    private static Dictionary<string, string> Entries(IReadOnlyList<Marked> marked, SubscribeOptions options)
    {
        var entries = new Dictionary<string, string>();
        foreach (var (endpoint, topic) in marked)
        {
            var owner = topic as IOwnedOriginalTopicMetadata;
            var owned = endpoint.Metadata.GetOrderedMetadata<IOriginalTopicMetadata>()
                .Where(e => string.IsNullOrEmpty(e.Id) || owner?.OwnedMetadatas?.Contains(e.Id) == true)
                .GroupBy(e => e.Name, e => e.Value);
            foreach (var values in owned) entries[values.Key] = string.Join(owner?.MetadataSeparator ?? ",", values.Distinct());
            if ((topic as IRawTopicMetadata)?.EnableRawPayload ?? options.EnableRawPayload) entries.TryAdd(RawPayload, "true");
        }

        return entries;
    }

    private sealed record Marked(RouteEndpoint Endpoint, ITopicMetadata Topic)
    {
        public string Path => "/" + (Endpoint.RoutePattern.RawText ?? "").TrimStart('/');
    }

    internal sealed record Subscription
    {
        [JsonPropertyName("pubsubname")]
        public required string PubsubName { get; init; }

        [JsonPropertyName("topic")]
        public required string Topic { get; init; }

        [JsonPropertyName("route")]
        public string? Route { get; init; }

        [JsonPropertyName("routes")]
        public Routes? Routes { get; init; }

        [JsonPropertyName("metadata")]
        public Dictionary<string, string>? Metadata { get; init; }

        [JsonPropertyName("deadLetterTopic")]
        public string? DeadLetterTopic { get; init; }

        [JsonPropertyName("bulkSubscribe")]
        public BulkSubscribe? BulkSubscribe { get; init; }
    }

    internal sealed record Routes(
        [property: JsonPropertyName("rules")] IReadOnlyList<Rule> Rules,
        [property: JsonPropertyName("default")] string? Default);

    internal sealed record Rule([property: JsonPropertyName("match")] string Match, [property: JsonPropertyName("path")] string Path);

    internal sealed record BulkSubscribe(
        [property: JsonPropertyName("enabled")] bool Enabled,
        [property: JsonPropertyName("maxMessagesCount")] int MaxMessagesCount,
        [property: JsonPropertyName("maxAwaitDurationMs")] int MaxAwaitDurationMs);
}
