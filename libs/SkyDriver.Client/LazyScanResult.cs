using System.Net;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>The result of a scan, fetched on demand. A final one is fetched once; a partial one only when the service has a newer.</summary>
public sealed class LazyScanResult : IDisposable
{
    private readonly SkyDriverClient _client;
    private readonly SemaphoreSlim _turn = new(1);
    private string? _tag;

    internal LazyScanResult(SkyDriverClient client, string scanId) => (_client, ScanId) = (client, scanId);

    public string ScanId { get; }

    /// <summary>What was fetched last; null before the first fetch and while there is no result.</summary>
    public ScanResultDocument? Known { get; private set; }

    /// <summary>The newest result, or null while there is none.</summary>
    /// <exception cref="SkyDriverException">It cannot be had; what was known stays.</exception>
    public async Task<ScanResultDocument?> GetAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Known is { IsFinal: true }) return Known;
            return Known = await _client.Transport.CallAsync(MakeRequest, ReadAsync, _client.Options.Patience, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private HttpRequestMessage MakeRequest()
    {
        HttpRequestMessage request = new(HttpMethod.Get, SkyDriverClient.ResultPath(ScanId));
        if (_tag is not null && Known is not null) request.Headers.TryAddWithoutValidation("If-None-Match", _tag);
        return request;
    }

    private async Task<ScanResultDocument?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.NotModified) return Known;
        ScanResultDocument? result = (await Transport.ReadAsync<ResultAnswer>(response, cancellationToken)).Document;
        _tag = response.Headers.ETag?.ToString();
        return result;
    }
}
