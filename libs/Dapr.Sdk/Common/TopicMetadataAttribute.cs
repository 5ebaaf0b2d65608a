namespace Dapr;

/// <summary>Adds an entry to the metadata of an endpoint's subscription.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public class TopicMetadataAttribute : Attribute, IOriginalTopicMetadata
{
    public TopicMetadataAttribute(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        (Name, Value) = (name, value);
    }

    /// <summary>An entry for those topics only that own the id.</summary>
    public TopicMetadataAttribute(string id, string name, string value) : this(name, value)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        Id = id;
    }

    public string Id { get; } = null!;

    public string Name { get; }

    public string Value { get; }
}
