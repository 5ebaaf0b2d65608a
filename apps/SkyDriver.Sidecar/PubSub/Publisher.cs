using System.Globalization;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Turns what an app publishes into messages, by the rules for envelopes, times to live and topics.</summary>
/// <param name="pubsub">Where to.</param>
/// <param name="context">The call; its headers say the trace.</param>
internal readonly struct Publisher(PubSubComponent pubsub, string topic, HttpContext context, TimeProvider clock)
{
    public const string DefaultContentType = "text/plain";

    private readonly string _appId = context.App().AppId;
    private readonly string? _traceParent = Header(context, "traceparent");
    private readonly string? _traceState = Header(context, "tracestate");

    /// <summary>Metadata of a call that has none.</summary>
    public static IReadOnlyDictionary<string, string> NoMetadata { get; } = new Dictionary<string, string>();

    /// <summary>One thing to publish.</summary>
    internal readonly record struct Item(byte[] Data, string? ContentType, IReadOnlyDictionary<string, string> Metadata);

    /// <exception cref="DaprFault">The app may not publish there.</exception>
    public static void Check(PubSubComponent pubsub, string topic, string appId)
    {
        if (string.IsNullOrWhiteSpace(topic)) throw DaprErrors.TopicEmpty(pubsub.Name);
        if (!pubsub.Scopes.MayPublish(topic)) throw DaprErrors.PubSubForbidden(topic, appId);
    }

    /// <exception cref="DaprFault">Data or metadata do not fit together.</exception>
    public Message Create(in Item item)
    {
        string contentType = string.IsNullOrWhiteSpace(item.ContentType) ? DefaultContentType : item.ContentType;
        DateTimeOffset now = clock.GetUtcNow();
        bool plain = item.Metadata.Count == 0;
        TimeSpan? ttl = plain ? null : Ttl(item.Metadata);
        IReadOnlyDictionary<string, string>? kept = plain ? null : ForConsumers(item.Metadata);
        if (!plain && IsTrue(item.Metadata, "rawPayload")) return new(item.Data, contentType, false, kept, now + ttl) { TimeToLive = ttl };
        PublishContext envelope = new(_appId, pubsub.Name, topic, item.Metadata, _traceParent, _traceState);
        // A broker that counts itself needs no word of it in the envelope, as with daprd.
        DateTimeOffset? expires = pubsub.Broker.HasMessageTtl ? null : now + ttl;
        try
        {
            (byte[] data, expires) = CloudEventWriter.IsEnvelope(contentType)
                ? CloudEventWriter.Complete(item.Data, envelope, now, expires)
                : (CloudEventWriter.Wrap(item.Data, contentType, envelope, now, expires), expires);
            return new(data, CloudEventWriter.EnvelopeType, true, kept, expires) { TimeToLive = ttl };
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            throw DaprErrors.PubSubEnvelope(fault.Message);
        }
    }

    /// <exception cref="DaprFault">Data or metadata do not fit, or the broker is full, away, or refuses.</exception>
    public async ValueTask PublishAsync(Item item, CancellationToken ct)
    {
        Message message = Create(item);
        try
        {
            await pubsub.Policy.ExecuteAsync((pubsub.Broker, Topic: topic, Message: message), static (s, token) => SendAsync(s.Broker, s.Topic, [s.Message], token), ct);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw DaprErrors.PublishFailed(pubsub.Name, topic, fault.Message);
        }
    }

    /// <summary>For <see cref="Resiliency.ResiliencyPolicy"/>, which wants a result.</summary>
    internal static async ValueTask<bool> SendAsync(IPubSub broker, string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        await broker.PublishAsync(topic, messages, ct);
        return true;
    }

    private static TimeSpan? Ttl(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue("ttlInSeconds", out string? text)) return null;
        bool valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0;
        return valid ? TimeSpan.FromSeconds(seconds) : throw DaprErrors.PubSubMetadata($"ttlInSeconds is '{text}'; use a whole number of seconds from 1 on");
    }

    private static bool IsTrue(IReadOnlyDictionary<string, string> metadata, string name)
    {
        if (!metadata.TryGetValue(name, out string? text)) return false;
        return bool.TryParse(text, out bool value) ? value : throw DaprErrors.PubSubMetadata($"{name} is '{text}'; use true or false");
    }

    private static Dictionary<string, string>? ForConsumers(IReadOnlyDictionary<string, string> metadata)
    {
        Dictionary<string, string>? kept = null;
        foreach ((string name, string value) in metadata)
        {
            bool own = name.Equals("rawPayload", StringComparison.OrdinalIgnoreCase) || name.Equals("ttlInSeconds", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("cloudevent.", StringComparison.OrdinalIgnoreCase);
            if (!own) (kept ??= new(StringComparer.OrdinalIgnoreCase))[name] = value;
        }

        return kept;
    }

    private static string? Header(HttpContext context, string name) => context.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;
}
