namespace Dapr.Messaging.PublishSubscribe;

/// <summary>What registering the client for streaming subscriptions returns.</summary>
public interface IDaprPubSubBuilder : IDaprMessagingBuilder;
