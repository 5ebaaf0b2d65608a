using System.Globalization;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>The queue of one consumer group, as component and subscription want it.</summary>
/// <param name="Arguments">As the server gets them; two sidecars that share a queue must send the same.</param>
/// <param name="RoutingKeys">That the queue is bound with; at least one, the empty one counts.</param>
internal sealed record RabbitMqQueue(string Topic, string Name, IReadOnlyDictionary<string, object?> Arguments, IReadOnlyList<string> RoutingKeys)
{
    public string DeadLetterExchange => "dlx-" + Name;

    public string DeadLetterQueue => "dlq-" + Name;

    /// <exception cref="FormatException">The subscription's metadata cannot be used; all faults are listed.</exception>
    public static RabbitMqQueue Of(string topic, string group, RabbitMqSettings settings, IReadOnlyDictionary<string, string> metadata)
    {
        List<string> faults = [];
        string name = Text(metadata, "queueName") ?? $"{group}-{topic}";
        if (name.Length > 255) faults.Add($"the queue's name '{name}' is longer than 255 characters; shorten consumerID or topic, or set queueName");
        Dictionary<string, object?> arguments = [];
        if (settings.EnableDeadLetter) arguments["x-dead-letter-exchange"] = "dlx-" + name;
        AddLimits(arguments, Number(metadata, "maxLen", int.MaxValue, faults) ?? settings.MaxLength, Number(metadata, "maxLenBytes", int.MaxValue, faults) ?? settings.MaxLengthBytes);
        if (Number(metadata, "maxPriority", 255, faults) is { } priority) arguments["x-max-priority"] = (byte)priority;
        string type = Text(metadata, "queueType") ?? "classic";
        if (type is not ("classic" or "quorum")) faults.Add($"queueType is '{type}'; use classic or quorum");
        if (type is "quorum" && (settings.DeletedWhenUnused || !settings.Durable)) faults.Add("queueType is 'quorum', which needs a component with durable true and deletedWhenUnused false");
        arguments["x-queue-type"] = type;
        if (Text(metadata, "singleActiveConsumer")?.ToLowerInvariant() is "true" or "1" or "yes" or "on") arguments["x-single-active-consumer"] = true;
        if (faults.Count > 0) throw new FormatException(string.Join("; ", faults));
        return new(topic, name, arguments, (Text(metadata, "routingKey") ?? "").Split(','));
    }

    /// <summary>Arguments of the queue that holds what this one gave up.</summary>
    public static Dictionary<string, object?> DeadLetterArguments(RabbitMqSettings settings)
    {
        // Kept on disk rather than in memory: nobody may read it for long.
        Dictionary<string, object?> arguments = new() { ["x-queue-mode"] = "lazy" };
        AddLimits(arguments, settings.MaxLength, settings.MaxLengthBytes);
        return arguments;
    }

    private static void AddLimits(Dictionary<string, object?> arguments, int messages, int bytes)
    {
        if (messages > 0) arguments["x-max-length"] = (long)messages;
        if (bytes > 0) arguments["x-max-length-bytes"] = (long)bytes;
    }

    private static string? Text(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    private static int? Number(IReadOnlyDictionary<string, string> metadata, string name, int most, List<string> faults)
    {
        if (Text(metadata, name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= most) return number;
        faults.Add($"{name} is '{text}'; use a whole number from 0 to {most}");
        return null;
    }
}
