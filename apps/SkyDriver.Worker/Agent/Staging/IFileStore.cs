namespace SkyDriver.Worker.Agent.Staging;

/// <param name="Name">Relative to the folder that was listed; of a single file its own name.</param>
/// <param name="Stamp">Changes when the file does.</param>
internal sealed record StoredFile(string Uri, string Name, string Stamp);

/// <summary>One kind of place where files are.</summary>
/// <remarks>Every method throws <see cref="IOException"/> or <see cref="HttpRequestException"/> for what another try may mend, and <see cref="StagingException"/> for the rest.</remarks>
internal interface IFileStore
{
    /// <param name="uri">Of a file, or of a folder when it ends in a slash.</param>
    /// <returns>The file, or all below the folder.</returns>
    Task<IReadOnlyList<StoredFile>> ListAsync(string uri, CancellationToken stop);

    /// <param name="path">Does not exist yet.</param>
    Task FetchAsync(string uri, string path, CancellationToken stop);

    Task PutAsync(string path, string uri, CancellationToken stop);
}

/// <summary>The stores, by the scheme of a URI.</summary>
internal sealed class FileStores(IFileStore files, IFileStore http, IFileStore s3)
{
    /// <exception cref="StagingException">No store has such.</exception>
    public IFileStore For(string uri) => uri.IndexOf("://", StringComparison.Ordinal) switch
    {
        < 0 when uri.StartsWith('/') => files,
        < 0 => throw new StagingException($"'{uri}' is no URI; give file:///…, http(s)://…, s3://BUCKET/KEY or an absolute path."),
        int end => uri[..end].ToLowerInvariant() switch
        {
            "file" => files,
            "http" or "https" => http,
            "s3" => s3,
            string other => throw new StagingException($"'{uri}': files cannot be staged by '{other}'; use file, http, https or s3."),
        },
    };
}
