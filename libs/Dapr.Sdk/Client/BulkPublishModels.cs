namespace Dapr.Client;

/// <summary>One event of a bulk publish.</summary>
public class BulkPublishEntry<TValue>(
    string entryId, TValue eventData, string contentType, IReadOnlyDictionary<string, string>? metadata = null)
{
    public string EntryId { get; } = entryId;

    public TValue EventData { get; } = eventData;

    public string ContentType { get; } = contentType;

    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>An event that was not published, and why.</summary>
public class BulkPublishResponseFailedEntry<TValue>(BulkPublishEntry<TValue> entry, string errorMessage)
{
    public BulkPublishEntry<TValue> Entry { get; } = entry;

    public string ErrorMessage { get; } = errorMessage;
}

/// <summary>Outcome of a bulk publish; empty when every event went out.</summary>
public class BulkPublishResponse<TValue>(IReadOnlyList<BulkPublishResponseFailedEntry<TValue>> failedEntries)
{
    public IReadOnlyList<BulkPublishResponseFailedEntry<TValue>> FailedEntries { get; } = failedEntries;
}
