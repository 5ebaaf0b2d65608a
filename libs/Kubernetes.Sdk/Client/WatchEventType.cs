using System.Text.Json.Serialization;

namespace k8s;

/// <summary>What happened to the object of an event.</summary>
public enum WatchEventType
{
    [JsonStringEnumMemberName("ADDED")]
    Added,

    [JsonStringEnumMemberName("MODIFIED")]
    Modified,

    [JsonStringEnumMemberName("DELETED")]
    Deleted,

    [JsonStringEnumMemberName("ERROR")]
    Error,

    /// <summary>Nothing happened; the object carries the resource version reached.</summary>
    [JsonStringEnumMemberName("BOOKMARK")]
    Bookmark,
}
