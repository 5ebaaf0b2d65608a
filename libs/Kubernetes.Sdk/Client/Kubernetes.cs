using System.Net;
using System.Net.Http.Headers;
using System.Text;
using k8s.Authentication;
using k8s.Autorest;
using k8s.Models;

namespace k8s;

/// <summary>The connection itself: addresses, credentials, TLS and JSON.</summary>
public partial class Kubernetes : IKubernetes
{
    private readonly ITokenProvider? _tokens;
    private readonly string? _serverName;
    private Uri _base = null!;

    /// <param name="handlers">See every request before it goes out; the first is the outermost.</param>
    /// <exception cref="Exceptions.KubeConfigException">The configuration has no address, or certificates that cannot be read.</exception>
    public Kubernetes(KubernetesClientConfiguration config, params DelegatingHandler[] handlers)
    {
        ArgumentNullException.ThrowIfNull(config);
        BaseUri = Uri.TryCreate(config.Host, UriKind.Absolute, out Uri? host) ? host : throw new Exceptions.KubeConfigException($"'{config.Host}' is no address of an API server.");
        (_tokens, _serverName) = (config.Credentials(), string.IsNullOrEmpty(config.TlsServerName) ? null : config.TlsServerName);
        HttpClient = ClientHandlers.Create(config, handlers);
    }

    public Uri BaseUri
    {
        get => _base;
        set => _base = value.AbsoluteUri.EndsWith('/') ? value : new(value.AbsoluteUri + "/");
    }

    public HttpClient HttpClient { get; protected set; }

    public IBatchV1Operations BatchV1 => new BatchV1Operations(this);

    public ICoreV1Operations CoreV1 => new CoreV1Operations(this);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    internal async Task<HttpOperationResponse<T>> SendAsync<T>(ApiRequest wanted, CancellationToken ct)
    {
        (HttpRequestMessage request, HttpResponseMessage response) = await OpenAsync(wanted, ct);
        HttpOperationResponse<T> answer = new() { Request = request, Response = response };
        if (wanted.IsWatch) return answer;
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(ct);
            answer.Body = KubernetesJson.Deserialize<T>(body);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    internal async Task<HttpOperationResponse<Stream>> StreamAsync(ApiRequest wanted, CancellationToken ct)
    {
        (HttpRequestMessage request, HttpResponseMessage response) = await OpenAsync(wanted, ct);
        return new() { Request = request, Response = response, Body = await response.Content.ReadAsStreamAsync(ct) };
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing) HttpClient.Dispose();
    }

    private async Task<(HttpRequestMessage Request, HttpResponseMessage Response)> OpenAsync(ApiRequest wanted, CancellationToken ct)
    {
        string sent = wanted.Body is null ? "" : KubernetesJson.Serialize(wanted.Body);
        HttpRequestMessage request = new(wanted.Method, new Uri(BaseUri, wanted.Path + wanted.Query)) { Version = HttpVersion.Version20 };
        try
        {
            foreach ((string name, IReadOnlyList<string> values) in wanted.Headers ?? new Dictionary<string, IReadOnlyList<string>>()) request.Headers.TryAddWithoutValidation(name, values);
            if (wanted.Body is not null)
            {
                request.Content = new StringContent(sent, Encoding.UTF8, new MediaTypeHeaderValue(wanted.Body is V1Patch patch ? patch.ContentType : "application/json"));
            }

            // The handler takes the name that the certificate must have from here.
            if (_serverName is not null) request.Headers.Host = _serverName;
            if (_tokens is not null) request.Headers.Authorization = await _tokens.GetAuthenticationHeaderAsync(ct);
            HttpResponseMessage response = await HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return response.IsSuccessStatusCode ? (request, response) : throw await FailureAsync(request, sent, response, ct);
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private static async Task<HttpOperationException> FailureAsync(HttpRequestMessage request, string sent, HttpResponseMessage response, CancellationToken ct)
    {
        using (response)
        {
            string told = await response.Content.ReadAsStringAsync(ct);
            return new($"Operation returned an invalid status code '{response.StatusCode}', response body {told}")
            {
                Request = new(request, sent),
                Response = new(response, told),
            };
        }
    }
}
