using System.Text.Json.Serialization;

namespace Dapr.AspNetCore;

/// <summary>Several messages of a topic in one delivery.</summary>
public class BulkSubscribeMessage<TValue>(
    List<BulkSubscribeMessageEntry<TValue>> entries, string topic, Dictionary<string, string> metadata)
{
    public List<BulkSubscribeMessageEntry<TValue>> Entries { get; } = entries;

    public string Topic { get; } = topic;

    public Dictionary<string, string> Metadata { get; } = metadata;
}

/// <summary>One message of a bulk delivery; the event is usually a <see cref="BulkMessageModel{TValue}"/>.</summary>
public class BulkSubscribeMessageEntry<TValue>(
    string entryId, string contentType, Dictionary<string, string> metadata, TValue @event)
{
    /// <summary>Names the message in the answer.</summary>
    public string EntryId { get; } = entryId;

    public string ContentType { get; } = contentType;

    public Dictionary<string, string> Metadata { get; } = metadata;

    public TValue Event { get; } = @event;
}

/// <summary>The envelope of one message of a bulk delivery.</summary>
public class BulkMessageModel<TValue>(
    string id, string source, string type, string specversion, string datacontenttype, TValue data)
{
    public string Id { get; set; } = id;

    public string Source { get; set; } = source;

    public string Type { get; set; } = type;

    public string Specversion { get; set; } = specversion;

    public string Datacontenttype { get; set; } = datacontenttype;

    public TValue Data { get; set; } = data;
}

/// <summary>What the app did with one message of a bulk delivery.</summary>
[JsonConverter(typeof(JsonStringEnumConverter))]
public enum BulkSubscribeAppResponseStatus
{
    SUCCESS,
    RETRY,
    DROP,
}

/// <summary>Outcome of one message.</summary>
public class BulkSubscribeAppResponseEntry(string entryId, BulkSubscribeAppResponseStatus status)
{
    public string EntryId { get; } = entryId;

    public string Status { get; } = status.ToString();
}

/// <summary>Outcome of each message of a bulk delivery; a message that is not listed comes again.</summary>
public class BulkSubscribeAppResponse(List<BulkSubscribeAppResponseEntry> statuses)
{
    public List<BulkSubscribeAppResponseEntry> Statuses { get; } = statuses;
}
