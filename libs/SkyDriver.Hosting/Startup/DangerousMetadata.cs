using System.Globalization;

namespace SkyDriver.Hosting.Startup;

/// <summary>Metadata of components with which scans lose work, wait for hours, or cannot see each other's results.</summary>
internal static class DangerousMetadata
{
    /// <summary>Stands for a value that a secret or the environment gives.</summary>
    public const string FromElsewhere = "\0";

    /// <summary>A reconstruction may take this long, and its batch is not to be handed to another worker before.</summary>
    private static readonly TimeSpan LongestWork = TimeSpan.FromHours(1);

    private static readonly Rule[] Rules =
    [
        // Dapr's own default puts the app id before each key, and then the services do not see each other's state.
        new("state.", "keyPrefix", v => v == "name", "must be name, as all services read the same keys", NeedsValue: true),
        new("state.", "actorStateStore", IsTrue, "must be true, as scans, batches and the backlog are actors", NeedsValue: true),
        new("state.", "ttlInSeconds", _ => false, "must be left out: results and ledgers would vanish"),
        new("bindings.", "direction", v => v.Contains("output", StringComparison.Ordinal), "must be output"),
        new("pubsub.rabbitmq", "durable", IsTrue, "must be true, or a restart of the server forgets the queues", NeedsValue: true),
        new("pubsub.rabbitmq", "deletedWhenUnused", v => !IsTrue(v), "must be false, or the pixels of a scan vanish while no worker is there", NeedsValue: true),
        new("pubsub.rabbitmq", "publisherConfirm", IsTrue, "must be true, or the scanner does not notice what the server did not take", NeedsValue: true),
        new("pubsub.rabbitmq", "autoAck", v => !IsTrue(v), "must be false, or a worker that dies takes its batches with it"),
        new("pubsub.rabbitmq", "prefetchCount", v => Between(v, 1, 16), "must be 1 to 16: what one worker holds no other can take, and 0 is without limit", NeedsValue: true),
        new("pubsub.rabbitmq", "requeueInFailure", IsTrue, "must be true, or what a worker gives up goes to nobody", NeedsValue: true),
        new("pubsub.rabbitmq", "ttlInSeconds", v => Between(v, 3600, int.MaxValue), "must be left out or at least 3600, as pixels may wait long for a worker"),
        new("pubsub.redis", "processingTimeout", IsOffOrLong, "must be 0 or at least 1h, or a batch in work is handed to a second worker", NeedsValue: true),
        new("pubsub.redis", "redeliverInterval", IsOffOrLong, "must be 0 or at least 1h, or a batch in work is handed to a second worker", NeedsValue: true),
        new("pubsub.pulsar", "subscribeType", v => v is "shared" or "key_shared", "must be shared, or only one worker gets pixels"),
    ];

    /// <param name="metadata">Values by key.</param>
    public static IEnumerable<string> Judge(string type, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (Rule rule in Rules.Where(r => type.StartsWith(r.Type, StringComparison.OrdinalIgnoreCase)))
        {
            // Dapr reads keys in any case.
            string? value = metadata.FirstOrDefault(m => m.Key.Equals(rule.Key, StringComparison.OrdinalIgnoreCase)).Value;
            if (value is null && rule.NeedsValue) yield return $"{rule.Key} is not set; it {rule.Reason}.";
            else if (value is not null and not FromElsewhere && !rule.IsSafe(value)) yield return $"{rule.Key} is '{value}'; it {rule.Reason}.";
        }
    }

    private static bool IsTrue(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase) || value is "1" or "y" or "yes" or "on";

    private static bool Between(string value, int least, int most) => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most;

    /// <summary>A duration as Go writes it, such as 90m or 1h30m.</summary>
    private static bool IsOffOrLong(string value)
    {
        TimeSpan sum = TimeSpan.Zero;
        ReadOnlySpan<char> left = value.Trim();
        while (left.Length > 0)
        {
            int digits = left.IndexOfAnyExcept("0123456789.");
            if (digits < 0) return double.TryParse(left, CultureInfo.InvariantCulture, out double bare) && bare == 0;
            int unit = left[digits..].IndexOfAny("0123456789");
            ReadOnlySpan<char> name = unit < 0 ? left[digits..] : left.Slice(digits, unit);
            double seconds = name switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 0.001, _ => double.NaN };
            if (!double.TryParse(left[..digits], CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number * seconds)) return false;
            sum += TimeSpan.FromSeconds(Math.Min(number * seconds, 1e9));
            left = left[(digits + name.Length)..];
        }

        return sum == TimeSpan.Zero || sum >= LongestWork;
    }

    /// <param name="Type">Beginning of <c>spec.type</c>.</param>
    /// <param name="NeedsValue">The component's own default is dangerous.</param>
    private sealed record Rule(string Type, string Key, Predicate<string> IsSafe, string Reason, bool NeedsValue = false);
}
