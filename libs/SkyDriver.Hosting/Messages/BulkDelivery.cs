using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Hosting.Messages;

/// <summary>Several messages of one topic in one delivery.</summary>
public sealed record BulkDelivery([property: JsonPropertyName("entries")] IReadOnlyList<BulkEntry>? Entries)
{
    /// <summary>The messages in a delivery's body; none when it is not a bulk delivery.</summary>
    public static async Task<IReadOnlyList<BulkEntry>> ReadAsync(HttpRequest delivery)
    {
        try
        {
            BulkDelivery? bulk = await JsonSerializer.DeserializeAsync<BulkDelivery>(delivery.Body, cancellationToken: delivery.HttpContext.RequestAborted);
            return bulk?.Entries ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

/// <param name="EntryId">Names the entry in the answer.</param>
public sealed record BulkEntry(
    [property: JsonPropertyName("entryId")] string EntryId,
    [property: JsonPropertyName("event")] DeliveredEvent? Event);

/// <summary>What a subscriber tells the sidecar about each entry; one left out is delivered again.</summary>
public sealed record BulkAnswer([property: JsonPropertyName("statuses")] IReadOnlyList<BulkEntryAnswer> Statuses);

/// <param name="Status">One of the constants here.</param>
public sealed record BulkEntryAnswer(
    [property: JsonPropertyName("entryId")] string EntryId,
    [property: JsonPropertyName("status")] string Status)
{
    public const string Success = "SUCCESS";
    public const string Retry = "RETRY";
    public const string Drop = "DROP";
}
