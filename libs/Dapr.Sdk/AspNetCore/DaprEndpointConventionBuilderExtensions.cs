using Dapr;
using Dapr.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Marks endpoints as subscribers.</summary>
public static class DaprEndpointConventionBuilderExtensions
{
    public static T WithTopic<T>(this T builder, string pubsubName, string name)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new TopicAttribute(pubsubName, name));

    public static T WithTopic<T>(this T builder, string pubsubName, string name, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new TopicAttribute(pubsubName, name)).WithEntries(metadata);

    public static T WithTopic<T>(this T builder, string pubsubName, string name, bool enableRawPayload)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new TopicAttribute(pubsubName, name, enableRawPayload));

    public static T WithTopic<T>(
        this T builder, string pubsubName, string name, bool enableRawPayload, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new TopicAttribute(pubsubName, name, enableRawPayload)).WithEntries(metadata);

    public static T WithTopic<T>(this T builder, TopicOptions topicOptions)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(topicOptions);
        return builder.WithMetadata(new TopicAttribute(topicOptions)).WithEntries(topicOptions.Metadata);
    }

    /// <summary>Asks for batches of a topic this endpoint already subscribes to.</summary>
    public static T WithBulkSubscribe<T>(this T builder, BulkSubscribeTopicOptions bulkSubscribeTopicOptions)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(bulkSubscribeTopicOptions);
        return builder.WithMetadata(new BulkSubscribeAttribute(
            bulkSubscribeTopicOptions.TopicName, bulkSubscribeTopicOptions.MaxMessagesCount, bulkSubscribeTopicOptions.MaxAwaitDurationMs));
    }

    private static T WithEntries<T>(this T builder, IDictionary<string, string>? metadata)
        where T : IEndpointConventionBuilder
    {
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>()) builder.WithMetadata(new TopicMetadataAttribute(key, value));
        return builder;
    }
}
