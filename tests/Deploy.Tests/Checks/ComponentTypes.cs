namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>Component types that we ship, with the metadata that Dapr knows for them and what scans cannot do without.</summary>
/// <remarks>Keys as Dapr's component reference names them; launchers are judged by their own readers.</remarks>
internal static class ComponentTypes
{
    private static readonly string[] Redis = ["redisHost", "redisUsername", "redisPassword", "enableTLS", "redisType", "redisDB", "redisMaxRetries", "redisMinRetryInterval", "redisMaxRetryInterval", "dialTimeout", "readTimeout", "writeTimeout", "poolSize", "failover", "sentinelMasterName"];

    private static readonly Dictionary<string, (string Version, string[] Known, Dictionary<string, string?> Needed)> Types = new()
    {
        ["pubsub.redis"] = ("v1",
            [.. Redis, "consumerID", "redeliverInterval", "processingTimeout", "queueDepth", "concurrency", "maxLenApprox", "streamTTL"],
            new() { ["redisHost"] = null, ["processingTimeout"] = null, ["redeliverInterval"] = null, ["queueDepth"] = null, ["concurrency"] = null, ["streamTTL"] = null }),
        ["pubsub.rabbitmq"] = ("v1",
            ["connectionString", "consumerID", "durable", "deletedWhenUnused", "deliveryMode", "publisherConfirm", "autoAck", "requeueInFailure", "enableDeadLetter", "ttlInSeconds", "prefetchCount", "exchangeKind", "concurrency", "reconnectWaitSeconds", "heartBeat", "maxLen", "maxLenBytes", "clientName", "caCert", "clientCert", "clientKey", "saslExternal"],
            new()
            {
                ["connectionString"] = null,
                ["durable"] = "true",
                ["deletedWhenUnused"] = "false",
                ["deliveryMode"] = "2",
                ["publisherConfirm"] = "true",
                ["autoAck"] = "false",
                ["requeueInFailure"] = "true",
                ["enableDeadLetter"] = null,
                ["ttlInSeconds"] = null,
                ["prefetchCount"] = null,
                ["exchangeKind"] = "fanout",
            }),
        ["pubsub.kafka"] = ("v1",
            ["brokers", "consumerGroup", "clientID", "authType", "saslMechanism", "saslUsername", "saslPassword", "disableTls", "skipVerify", "caCert", "clientCert", "clientKey", "version", "initialOffset", "consumeRetryEnabled", "consumeRetryInterval", "producerRequiredAcks", "producerRetryMax", "maxMessageBytes", "sessionTimeout", "heartbeatInterval", "consumerGroupRebalanceStrategy", "channelBufferSize", "clientConnectionKeepAliveInterval", "compression"],
            new() { ["brokers"] = null, ["authType"] = null, ["skipVerify"] = "false", ["initialOffset"] = "oldest", ["consumeRetryEnabled"] = "true", ["producerRequiredAcks"] = "all", ["maxMessageBytes"] = "1048576" }),
        ["pubsub.pulsar"] = ("v1",
            ["host", "consumerID", "enableTLS", "token", "tenant", "namespace", "persistent", "subscribeType", "subscribeMode", "subscribeInitialPosition", "redeliveryDelay", "disableBatching", "batchingMaxMessages", "processMode", "maxConcurrentHandlers", "receiverQueueSize", "compressionType"],
            new() { ["host"] = null, ["persistent"] = "true", ["subscribeType"] = "shared", ["subscribeMode"] = "durable", ["subscribeInitialPosition"] = "earliest", ["disableBatching"] = "true", ["maxConcurrentHandlers"] = null, ["receiverQueueSize"] = null }),
        ["state.postgresql"] = ("v2",
            ["connectionString", "tablePrefix", "metadataTableName", "timeout", "cleanupInterval", "maxConns", "connectionMaxIdleTime", "queryExecMode", "keyPrefix", "actorStateStore", "host", "port", "user", "password", "database"],
            new() { ["connectionString"] = null, ["tablePrefix"] = null, ["maxConns"] = null, ["keyPrefix"] = "name", ["actorStateStore"] = "true" }),
        ["state.redis"] = ("v1", [.. Redis, "keyPrefix", "actorStateStore"], new() { ["redisHost"] = null, ["redisType"] = "node", ["keyPrefix"] = "name", ["actorStateStore"] = "true" }),
    };

    /// <param name="metadata">Values by key; null for one that a secret gives.</param>
    public static IEnumerable<string> Judge(string type, string version, IReadOnlyDictionary<string, string?> metadata)
    {
        if (type.StartsWith("bindings.", StringComparison.Ordinal))
        {
            if (metadata.GetValueOrDefault("direction") != "output") yield return $"{type}: direction must be output";
            yield break;
        }

        if (!Types.TryGetValue(type, out var known))
        {
            yield return $"{type} is no type that we ship";
            yield break;
        }

        if (version != known.Version) yield return $"{type} has version {version}, not {known.Version}";
        foreach (string key in metadata.Keys.Except(known.Known)) yield return $"{type} does not know {key}";
        foreach ((string key, string? value) in known.Needed)
        {
            if (!metadata.TryGetValue(key, out string? given)) yield return $"{type}: {key} is not set";
            else if (value is not null && given != value) yield return $"{type}: {key} is '{given}', not '{value}'";
        }
    }
}
