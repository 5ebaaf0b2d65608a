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
    private readonly string _origin;

    /// <param name="maxConcurrency">Requests at once; 0 or less for no limit.</param>
    /// <param name="appToken">Presented to the app as <c>dapr-api-token</c>; null or empty presents none.</param>
    public AppChannel(Uri baseAddress, int maxConcurrency, string? appToken, bool http2 = false)
    {
        (BaseAddress, MaxConcurrency, _appToken) = (baseAddress, maxConcurrency, appToken);
        _origin = baseAddress.GetLeftPart(UriPartial.Authority);
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
    /// <remarks>A request counts until its response is disposed of: an app that still writes its answer is still at work.</remarks>
    /// <exception cref="HttpRequestException">The app cannot be reached or broke the connection.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (_slots is null) return await SendNowAsync(request, ct);
        await _slots.WaitAsync(ct);
        try
        {
            return new HeldResponse(await SendNowAsync(request, ct), _slots);
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    /// <summary>Sends whatever the app is busy with; for questions after its health.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public Task<HttpResponseMessage> SendNowAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (!request.RequestUri!.IsAbsoluteUri) request.RequestUri = Address(request.RequestUri.OriginalString);
        request.Version = _version;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (!string.IsNullOrEmpty(_appToken)) request.Headers.TryAddWithoutValidation(TokenHeader, _appToken);
        return _http.SendAsync(request, ct);
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

    /// <summary>Appended as text: resolved as a relative reference, a path such as <c>//host/x</c> would lead to another host.</summary>
    private Uri Address(string path) => new(path.StartsWith('/') ? _origin + path : $"{_origin}/{path}");

    /// <summary>A response that gives its slot back when it is disposed of.</summary>
    private sealed class HeldResponse : HttpResponseMessage
    {
        private readonly HttpResponseMessage _inner;
        private SemaphoreSlim? _slots;

        public HeldResponse(HttpResponseMessage inner, SemaphoreSlim slots)
            : base(inner.StatusCode)
        {
            (_inner, _slots) = (inner, slots);
            (Content, RequestMessage, Version) = (inner.Content, inner.RequestMessage, inner.Version);
            foreach ((string name, IEnumerable<string> values) in inner.Headers) Headers.TryAddWithoutValidation(name, values);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _inner.Dispose();
            Interlocked.Exchange(ref _slots, null)?.Release();
        }
    }
}
