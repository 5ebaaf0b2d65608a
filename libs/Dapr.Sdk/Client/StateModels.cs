namespace Dapr.Client;

/// <summary>How fresh a read must be, and how many replicas a write must reach.</summary>
public enum ConsistencyMode
{
    Eventual,
    Strong,
}

/// <summary>Who wins when two write the same key.</summary>
public enum ConcurrencyMode
{
    /// <summary>A write without an etag works only where the key does not exist.</summary>
    FirstWrite,
    LastWrite,
}

public enum StateOperationType
{
    Upsert,
    Delete,
}

/// <summary>Options of one state call; what is null is left to the store.</summary>
public class StateOptions
{
    public ConsistencyMode? Consistency { get; set; }

    public ConcurrencyMode? Concurrency { get; set; }
}

/// <summary>One value of a bulk read, as text; a missing key has an empty value.</summary>
public readonly struct BulkStateItem(string key, string value, string etag)
{
    public string Key { get; } = key;

    public string Value { get; } = value;

    public string ETag { get; } = etag;
}

/// <summary>One value of a bulk read; a missing key has the default value.</summary>
public readonly struct BulkStateItem<TValue>(string key, TValue value, string etag)
{
    public string Key { get; } = key;

    public TValue Value { get; } = value;

    public string ETag { get; } = etag;
}

/// <summary>One value of a bulk write.</summary>
public readonly struct SaveStateItem<TValue>(
    string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null)
{
    public string Key { get; } = key;

    public TValue Value { get; } = value;

    /// <summary>Null or empty: no check.</summary>
    public string ETag { get; } = etag;

    public StateOptions? StateOptions { get; } = stateOptions;

    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>One key of a bulk delete.</summary>
public readonly struct BulkDeleteStateItem(
    string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null)
{
    public string Key { get; } = key;

    /// <summary>Null or empty: no check.</summary>
    public string ETag { get; } = etag;

    public StateOptions? StateOptions { get; } = stateOptions;

    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>One step of a state transaction; the value is the bytes to store.</summary>
public sealed class StateTransactionRequest
{
    public StateTransactionRequest(
        string key,
        byte[]? value,
        StateOperationType operationType,
        string? etag = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        StateOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        (Key, Value, OperationType, ETag, Metadata, Options) = (key, value, operationType, etag, metadata, options);
    }

    public string Key { get; }

    public byte[]? Value { get; set; }

    public StateOperationType OperationType { get; set; }

    public string? ETag { get; set; }

    public IReadOnlyDictionary<string, string>? Metadata { get; set; }

    public StateOptions? Options { get; set; }
}
