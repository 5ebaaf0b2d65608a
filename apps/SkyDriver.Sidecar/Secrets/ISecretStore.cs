namespace SkyDriver.Sidecar.Secrets;

/// <summary>Secrets by name; each is a set of values by key.</summary>
internal interface ISecretStore : IAsyncDisposable
{
    /// <summary>Null when there is none of that name.</summary>
    /// <param name="metadata">Of the request, for the store.</param>
    ValueTask<IReadOnlyDictionary<string, string>?> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct);

    /// <param name="metadata">Of the request, for the store.</param>
    ValueTask<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct);
}
