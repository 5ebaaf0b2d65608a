namespace SkyDriver.Conformance.Tests;

/// <summary>What the app subscribes to. Each topic has the route <c>/events/{pubsub}/{topic}</c>, with a case behind it where rules choose.</summary>
internal static class Topics
{
    public const string Plain = "plain";
    public const string Slashed = "with/slash";

    /// <summary>Rules choose among <c>special</c>, <c>seven</c>, <c>either</c> and <c>default</c>.</summary>
    public const string Routed = "routed";

    /// <summary>One rule and no default: what does not match is dropped, and buried.</summary>
    public const string Picky = "picky";

    /// <summary>Its subscription takes bytes that are no CloudEvents.</summary>
    public const string Raw = "raw";

    /// <summary>What fails here is buried in <see cref="Dead"/>.</summary>
    public const string Deadly = "deadly";
    public const string Dead = "dead";
    public const string Bulk = "bulk";
    public const string BulkRaw = "bulk-raw";
    public const string BulkDeadly = "bulk-deadly";

    private static readonly string[] Brokers = ["pubsub-memory", "pubsub-rabbitmq"];
    private static readonly Dictionary<string, string> RawPayload = new() { ["rawPayload"] = "true" };
    private static readonly object InBulk = new { enabled = true, maxMessagesCount = 5, maxAwaitDurationMs = 50 };

    /// <summary>The answer to <c>GET /dapr/subscribe</c>.</summary>
    public static IEnumerable<Dictionary<string, object>> Subscriptions(IReadOnlySet<string> components) =>
        [.. Brokers.Where(components.Contains).SelectMany(OfBroker), .. components.Contains("pubsub-scoped") ? Scoped() : []];

    private static IEnumerable<Dictionary<string, object>> OfBroker(string pubsub) =>
    [
        To(pubsub, Plain),
        To(pubsub, Slashed),
        To(pubsub, Routed, ("routes", Routes(
            pubsub,
            Routed,
            "default",
            ("event.type == \"special\"", "special"),
            ("event.data.number == 7", "seven"),
            ("event.type == \"a\" && event.data.colour == \"red\" || event.type == \"b\"", "either")))),
        To(pubsub, Picky, ("routes", Routes(pubsub, Picky, null, ("event.type == \"wanted\"", "wanted"))), ("deadLetterTopic", Dead)),
        To(pubsub, Raw, ("metadata", RawPayload)),
        To(pubsub, Deadly, ("deadLetterTopic", Dead)),
        To(pubsub, Dead),
        To(pubsub, Bulk, ("bulkSubscribe", InBulk)),
        To(pubsub, BulkRaw, ("bulkSubscribe", InBulk), ("metadata", RawPayload)),
        To(pubsub, BulkDeadly, ("bulkSubscribe", InBulk), ("deadLetterTopic", Dead)),
    ];

    private static IEnumerable<Dictionary<string, object>> Scoped() => from topic in (string[])["both", "hear-only", "granted", "say-only", "protected"] select To("pubsub-scoped", topic);

    private static Dictionary<string, object> To(string pubsub, string topic, params (string Name, object Value)[] more)
    {
        Dictionary<string, object> subscription = new() { ["pubsubname"] = pubsub, ["topic"] = topic };
        foreach ((string name, object value) in more) subscription[name] = value;
        if (!subscription.ContainsKey("routes")) subscription["route"] = $"/events/{pubsub}/{topic}";
        return subscription;
    }

    private static Dictionary<string, object> Routes(string pubsub, string topic, string? otherwise, params (string Match, string Case)[] rules)
    {
        Dictionary<string, object> routes = new() { ["rules"] = rules.Select(r => new { match = r.Match, path = $"/events/{pubsub}/{topic}/{r.Case}" }).ToArray() };
        if (otherwise is not null) routes["default"] = $"/events/{pubsub}/{topic}/{otherwise}";
        return routes;
    }
}
