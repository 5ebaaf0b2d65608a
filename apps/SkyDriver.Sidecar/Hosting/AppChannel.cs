using System.Net;
using System.Net.Sockets;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>HTTP to one app's port: its base address, its token, and no more requests at once than it allows.</summary>
internal sealed class AppChannel : IDisposable
{
    private const string TokenHeader = "dapr-api-token";

    private readonly HttpMessageInvoker _http;
    private readonly SemaphoreSlim? _slots;
    private readonly string? _appToken;
    private readonly Version _version;

    /// <param name="maxConcurrency">Requests at once; 0 or less for no limit.</param>
    /// <param name="appToken">Presented to the app as <c>dapr-api-token</c>; null or empty presents none.</param>
    public AppChannel(Uri baseAddress, int maxConcurrency, string? appToken, bool http2 = false)
    {
        (BaseAddress, MaxConcurrency, _appToken) = (baseAddress, maxConcurrency, appToken);
        _slots = maxConcurrency > 0 ? new SemaphoreSlim(maxConcurrency) : null;
        _version = http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        });
    }

    public Uri BaseAddress { get; }

    public int MaxConcurrency { get; }

    /// <summary>Sends to a path relative to the app's address; waits while the app has as many requests as it allows.</summary>
    /// <remarks>The slot is held until the response's headers are here; bodies of apps are small and read at once.</remarks>
    /// <exception cref="HttpRequestException">The app cannot be reached or broke the connection.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (!request.RequestUri!.IsAbsoluteUri) request.RequestUri = new Uri(BaseAddress, request.RequestUri);
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (!string.IsNullOrEmpty(_appToken)) request.Headers.TryAddWithoutValidation(TokenHeader, _appToken);
        if (_slots is null) return await _http.SendAsync(request, ct);
        await _slots.WaitAsync(ct);
        try
        {
            return await _http.SendAsync(request, ct);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Whether the app's port takes connections now.</summary>
    public async Task<bool> IsListeningAsync(CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(BaseAddress.Host, BaseAddress.Port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
