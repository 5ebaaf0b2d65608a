using System.Globalization;

namespace SkyDriver.Components;

/// <summary>How writers of one key are kept apart.</summary>
public enum StateConcurrency
{
    /// <summary>The last one wins; an ETag, where there is one, is checked all the same.</summary>
    LastWrite,

    /// <summary>The first one wins: without an ETag the key must not exist.</summary>
    FirstWrite,
}

/// <summary>How sure an app wants to be of what it reads and writes.</summary>
public enum StateConsistency
{
    /// <summary>The store's own habit.</summary>
    Default,

    Eventual,

    Strong,
}

/// <summary>A key to read. Keys come with their prefix already.</summary>
/// <param name="Metadata">Names found in any case.</param>
public sealed record StateGetRequest(string Key, StateConsistency Consistency, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A stored value.</summary>
public sealed record StateValue
{
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Differs after every write; null of a store without ETags.</summary>
    public string? ETag { get; init; }

    /// <summary>Such as <c>ttlExpireTime</c> (RFC 3339) of a value that expires.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the data; null when it is not known.</summary>
    public string? ContentType { get; init; }
}

/// <summary>One key of a bulk read.</summary>
/// <param name="Value">Null when the key is missing, or could not be read.</param>
/// <param name="Error">Why it could not be read; null when it could.</param>
public sealed record StateBulkItem(string Key, StateValue? Value, string? Error = null);

/// <summary>A change of one key: a <see cref="StateSet"/> or a <see cref="StateDelete"/>.</summary>
/// <param name="ETag">Must be the stored one, else <see cref="ETagMismatchException"/>, also when the key is missing; null asks for nothing.</param>
/// <param name="Metadata">Names found in any case.</param>
public abstract record StateChange(string Key, string? ETag, StateConcurrency Concurrency, StateConsistency Consistency, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Writes a key.</summary>
/// <param name="ContentType">Of the value; null when it is not known.</param>
public sealed record StateSet(
    string Key, ReadOnlyMemory<byte> Value, string? ETag, StateConcurrency Concurrency, StateConsistency Consistency, IReadOnlyDictionary<string, string> Metadata, string? ContentType)
    : StateChange(Key, ETag, Concurrency, Consistency, Metadata)
{
    /// <summary>Life of the value from now on, from metadata <c>ttlInSeconds</c>; null = for ever.</summary>
    /// <exception cref="ComponentException">It is no whole number of seconds.</exception>
    public TimeSpan? TimeToLive
    {
        get
        {
            if (!Metadata.TryGetValue("ttlInSeconds", out string? text) || text.Length == 0) return null;
            bool valid = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) && seconds >= -1;
            if (!valid) throw new ComponentException(ComponentFault.InvalidRequest, $"ttlInSeconds of '{Key}' is '{text}'; use a whole number of seconds");
            return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
        }
    }
}

/// <summary>Deletes a key; a missing one counts as deleted, unless there is an ETag.</summary>
public sealed record StateDelete(string Key, string? ETag, StateConcurrency Concurrency, StateConsistency Consistency, IReadOnlyDictionary<string, string> Metadata)
    : StateChange(Key, ETag, Concurrency, Consistency, Metadata);
