using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Posts several events in one request to an app's route.</summary>
/// <remarks>
/// A request goes out as soon as the app is free and an event is there, with all that have gathered meanwhile: a busy app gets full
/// batches and an idle one waits for nothing. The subscription's longest wait is therefore never used up.
/// </remarks>
internal sealed class HttpBulkDelivery(AppChannel channel, SubscriptionSpec subscription, ILogger logger) : IDeliveryChannel
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public int BatchSize => subscription.Bulk!.MaxMessages;

    public async ValueTask<DeliveryAnswer> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct)
    {
        EntryIds ids = EntryIds.New();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(deliveries[0].Path, UriKind.Relative)) { Content = new ReadOnlyMemoryContent(Write(deliveries, ids)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using HttpResponseMessage response = await channel.SendAsync(request, ct);
            if (response.StatusCode is HttpStatusCode.NotFound)
            {
                logger.LogError("The app has no route {Path}: {Count} events are dropped.", deliveries[0].Path, deliveries.Count);
                return new(Outcomes.Of(DeliveryOutcome.Drop, deliveries.Count));
            }

            if (response.IsSuccessStatusCode) return new(Read(await HttpDelivery.ReadAsync(response, ct), ids, deliveries.Count));
            logger.LogWarning("The app answered {Status} at {Path}: {Count} events come again.", (int)response.StatusCode, deliveries[0].Path, deliveries.Count);
            return new(Outcomes.Of(DeliveryOutcome.Retry, deliveries.Count));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            logger.LogWarning("The app cannot be reached at {Path}: {Reason}", deliveries[0].Path, fault.Message);
            return new(Outcomes.Of(DeliveryOutcome.Unreachable, deliveries.Count));
        }
    }

    private ReadOnlyMemory<byte> Write(IReadOnlyList<Delivery> deliveries, EntryIds ids)
    {
        ArrayBufferWriter<byte> buffer = new(deliveries.Sum(d => d.Envelope.Length + 160) + 256);
        using Utf8JsonWriter writer = new(buffer, Options);
        writer.WriteStartObject();
        writer.WriteString("id", Guid.NewGuid().ToString());
        writer.WriteString("type", "com.dapr.event.sent.bulk");
        writer.WriteString("pubsubname", subscription.PubSub);
        writer.WriteString("topic", subscription.Topic);
        WriteMap(writer, subscription.Metadata);
        writer.WriteStartArray("entries");
        for (int i = 0; i < deliveries.Count; i++) WriteEntry(writer, deliveries[i], ids[i]);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteEntry(Utf8JsonWriter writer, Delivery delivery, string id)
    {
        writer.WriteStartObject();
        writer.WriteString("entryId", id);
        if (delivery.RawData is { } raw)
        {
            writer.WriteBase64String("event", raw);
            writer.WriteString("contentType", "application/octet-stream");
        }
        else
        {
            writer.WritePropertyName("event");
            writer.WriteRawValue(delivery.Envelope, skipInputValidation: true);
            writer.WriteString("contentType", CloudEventWriter.EnvelopeType);
        }

        WriteMap(writer, delivery.Queued.Message.Metadata);
        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? map)
    {
        writer.WriteStartObject("metadata");
        if (map is not null)
        {
            foreach ((string name, string value) in map) writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }

    /// <summary>An entry without a status comes again; so do all when the answer cannot be read.</summary>
    private static DeliveryOutcome[] Read(byte[] answer, EntryIds ids, int count)
    {
        var outcomes = new DeliveryOutcome[count];
        Array.Fill(outcomes, DeliveryOutcome.Retry);
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind is not JsonValueKind.Object || !document.RootElement.TryGetProperty("statuses", out JsonElement statuses) || statuses.ValueKind is not JsonValueKind.Array) return outcomes;
            foreach (JsonElement entry in statuses.EnumerateArray())
            {
                if (entry.ValueKind is not JsonValueKind.Object || !entry.TryGetProperty("entryId", out JsonElement id) || !entry.TryGetProperty("status", out JsonElement status)) continue;
                if (id.ValueKind is not JsonValueKind.String || ids.Position(id.GetString()!) is not { } position || position >= count) continue;
                if (status.ToString().Length > 0) outcomes[position] = HttpDelivery.Status(status);
            }
        }
        catch (JsonException)
        {
            // Told as "retry" for all.
        }

        return outcomes;
    }

    /// <summary>Ids of a request's entries: a UUID whose last digits count, so that an answer's id tells its place.</summary>
    private readonly record struct EntryIds(string Prefix)
    {
        private const int Digits = 8;

        public string this[int position] => Prefix + position.ToString("x8", CultureInfo.InvariantCulture);

        public static EntryIds New() => new(Guid.NewGuid().ToString()[..^Digits]);

        public int? Position(string id)
        {
            bool own = id.Length == Prefix.Length + Digits && id.StartsWith(Prefix, StringComparison.Ordinal);
            return own && int.TryParse(id.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int position) && position >= 0 ? position : null;
        }
    }
}
