namespace Dapr.Client;

/// <summary>One page of a state query.</summary>
public class StateQueryResponse<TValue>(
    IReadOnlyList<StateQueryItem<TValue>> results, string token, IReadOnlyDictionary<string, string> metadata)
{
    public IReadOnlyList<StateQueryItem<TValue>> Results { get; } = results;

    /// <summary>Continues after this page; empty after the last one.</summary>
    public string Token { get; } = token;

    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata;
}

/// <summary>One hit of a state query.</summary>
public class StateQueryItem<TValue>(string key, TValue data, string etag, string error)
{
    public string Key { get; } = key;

    public TValue? Data { get; } = data;

    public string ETag { get; } = etag;

    /// <summary>Why the value could not be read; empty when it could.</summary>
    public string Error { get; } = error;
}

/// <summary>A query whose hits could not all be read.</summary>
public class StateQueryException<TValue>(string message, StateQueryResponse<TValue> response, IReadOnlyList<string> failedKeys)
    : DaprApiException(message)
{
    /// <summary>The hits that could be read.</summary>
    public StateQueryResponse<TValue> Response { get; } = response;

    public IReadOnlyList<string> FailedKeys { get; } = failedKeys;
}
