using Dapr.Common;

namespace Dapr.Messaging;

/// <summary>What registering a messaging client returns.</summary>
public interface IDaprMessagingBuilder : IDaprServiceBuilder;
