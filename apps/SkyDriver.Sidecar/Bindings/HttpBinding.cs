using System.Globalization;
using System.Net.Http.Headers;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>Sends requests to a web address (<c>bindings.http</c>); the operation is the method, or <c>create</c> for POST.</summary>
/// <remarks>Request metadata <c>path</c> is added to the address; other entries become headers. An answer outside 2xx is a fault
/// unless <c>errorIfNot2XX</c> is false.</remarks>
internal sealed class HttpBinding : IOutputBinding
{
    private const long MaxAnswerBytes = 4 * 1024 * 1024;
    private static readonly string[] Operations = ["create", "get", "head", "post", "put", "patch", "delete", "options", "trace"];

    private readonly HttpClient _http;
    private readonly string _url;
    private readonly bool _errorIfNot2XX;

    public HttpBinding(ComponentSpec component)
    {
        _url = component.Required("url");
        if (!Uri.TryCreate(_url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https")) throw component.Fault("url", _url, "use an http or https address");
        _errorIfNot2XX = component.Value("errorIfNot2XX") is null || component.Flag("errorIfNot2XX");
        _http = new HttpClient { Timeout = component.Duration("responseTimeout") ?? TimeSpan.FromSeconds(100), MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    public Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(Operations);

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        string path = request.Metadata.GetValueOrDefault("path", "");
        string url = path.Length == 0 ? _url : $"{_url.TrimEnd('/')}/{path.TrimStart('/')}";
        string method = request.Operation is "create" ? "POST" : request.Operation.ToUpperInvariant();
        using HttpRequestMessage message = new(new HttpMethod(method), url);
        if (request.Data.Length > 0 && method is not ("GET" or "HEAD")) message.Content = Body(request);
        foreach ((string name, string value) in request.Metadata)
        {
            if (!name.Equals("path", StringComparison.OrdinalIgnoreCase) && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) message.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _http.SendAsync(message, ct);
        byte[] data = await response.Content.ReadAsByteArrayAsync(ct);
        if (_errorIfNot2XX && !response.IsSuccessStatusCode) throw new HttpRequestException($"received status code {(int)response.StatusCode} from {url}");
        return new(data, new Dictionary<string, string>
        {
            ["statusCode"] = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture),
            ["status"] = $"{(int)response.StatusCode} {response.ReasonPhrase}",
        });
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static ByteArrayContent Body(BindingRequest request)
    {
        ByteArrayContent body = new(request.Data);
        string type = request.Metadata.GetValueOrDefault("Content-Type", "application/json; charset=utf-8");
        body.Headers.ContentType = MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed) ? parsed : throw new FormatException($"'{type}' is no content type");
        return body;
    }
}
