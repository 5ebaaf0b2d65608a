using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Posts events one by one to an app's route.</summary>
internal sealed class HttpDelivery(AppChannel channel, ILogger logger) : IDeliveryChannel
{
    internal const int MaxAnswerBytes = 4 * 1024 * 1024;
    private static readonly MediaTypeHeaderValue EventType = new(CloudEventWriter.EnvelopeType);

    private readonly ConcurrentDictionary<string, Uri> _addresses = new(StringComparer.Ordinal);

    public int BatchSize => 1;

    public async ValueTask<DeliveryAnswer> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct)
    {
        Delivery delivery = deliveries[0];
        using HttpRequestMessage request = new(HttpMethod.Post, Address(delivery.Path)) { Content = new ReadOnlyMemoryContent(delivery.Envelope) };
        request.Content.Headers.ContentType = EventType;
        if (delivery.Queued.Message.Metadata is { } metadata)
        {
            foreach ((string name, string value) in metadata) request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using HttpResponseMessage response = await channel.SendAsync(request, ct);
            if (response.StatusCode is HttpStatusCode.NotFound)
            {
                logger.LogError("The app has no route {Path}: the event is dropped.", delivery.Path);
                return DeliveryAnswer.Of(DeliveryOutcome.Drop);
            }

            if (!response.IsSuccessStatusCode)
            {
                logger.LogWarning("The app answered {Status} at {Path}: the event comes again.", (int)response.StatusCode, delivery.Path);
                return DeliveryAnswer.Of(DeliveryOutcome.Retry, (int)response.StatusCode);
            }

            return DeliveryAnswer.Of(Read(await ReadAsync(response, ct)));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            logger.LogWarning("The app cannot be reached at {Path}: {Reason}", delivery.Path, fault.Message);
            return DeliveryAnswer.Of(DeliveryOutcome.Unreachable);
        }
    }

    /// <exception cref="HttpRequestException">The answer is longer than any API allows, or breaks off.</exception>
    internal static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength is 0) return [];
        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, ct);
        return await response.Content.ReadAsByteArrayAsync(ct);
    }

    /// <summary>An empty answer, or one that is no JSON object with a status, means success.</summary>
    private static DeliveryOutcome Read(byte[] answer)
    {
        if (answer.Length == 0) return DeliveryOutcome.Success;
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind is not JsonValueKind.Object || !document.RootElement.TryGetProperty("status", out JsonElement status)) return DeliveryOutcome.Success;
            return Status(status);
        }
        catch (JsonException)
        {
            return DeliveryOutcome.Success;
        }
    }

    internal static DeliveryOutcome Status(JsonElement status) => status.ValueKind is JsonValueKind.String ? status.GetString() switch
    {
        "" or "SUCCESS" => DeliveryOutcome.Success,
        "DROP" => DeliveryOutcome.Drop,
        _ => DeliveryOutcome.Retry,
    }
    : DeliveryOutcome.Retry;

    /// <summary>A subscription has few routes; their addresses are made once.</summary>
    private Uri Address(string path) => _addresses.GetOrAdd(path, static (relative, app) => new Uri(app, relative), channel.BaseAddress);
}
