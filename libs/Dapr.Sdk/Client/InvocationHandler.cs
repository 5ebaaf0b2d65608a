namespace Dapr.Client;

/// <summary>Lets an <see cref="HttpClient"/> call apps by id: <c>http://{appId}/path</c> goes through the sidecar.</summary>
public class InvocationHandler : DelegatingHandler
{
    private readonly string? _apiToken;
    private Uri _endpoint;

    public InvocationHandler() : this(DaprDefaults.HttpEndpoint(), DaprDefaults.ApiToken())
    {
    }

    internal InvocationHandler(string daprEndpoint, string? apiToken)
    {
        _endpoint = ParseEndpoint(daprEndpoint);
        _apiToken = apiToken;
    }

    /// <summary>The sidecar's HTTP address.</summary>
    /// <exception cref="ArgumentException">No http or https address.</exception>
    public string DaprEndpoint
    {
        get => _endpoint.OriginalString;
        set => _endpoint = ParseEndpoint(value);
    }

    /// <summary>An app id whose letter case counts; host names would lose it.</summary>
    public string? DefaultAppId { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var original = request.RequestUri;
        if (!TryRewrite(original, out var rewritten)) throw new ArgumentException($"'{original}' names no app; use http://appId/path.", nameof(request));
        try
        {
            request.RequestUri = rewritten;
            if (_apiToken is not null) request.Headers.TryAddWithoutValidation(DaprDefaults.ApiTokenHeader, _apiToken);
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // The caller may look at its request afterwards, or send it again.
            request.RequestUri = original;
            request.Headers.Remove(DaprDefaults.ApiTokenHeader);
        }
    }

    private bool TryRewrite(Uri? uri, out Uri? rewritten)
    {
        rewritten = null;
        if (uri is null || uri.Scheme is not ("http" or "https")) return false;
        string app = DefaultAppId is { } id && uri.Host.Equals(id, StringComparison.OrdinalIgnoreCase) ? id : uri.Host;
        rewritten = new Uri($"{_endpoint.AbsoluteUri.TrimEnd('/')}/v1.0/invoke/{app}/method{uri.PathAndQuery}");
        return true;
    }

    private static Uri ParseEndpoint(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new ArgumentException($"'{value}' is no sidecar address; use http://host:port.", nameof(value));
}
