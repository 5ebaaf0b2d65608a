using System.Globalization;
using System.Net.Http.Headers;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>Sends requests to a web address (<c>bindings.http</c>); the operation is the method, or <c>create</c> for POST.</summary>
/// <remarks>Request metadata <c>path</c> is added to the address, names that begin with a capital letter become headers, as do those of
/// tracing. An answer outside 2xx is a fault unless <c>errorIfNot2XX</c>, of the request or else of the component, is false.</remarks>
internal sealed class HttpBinding : IOutputBinding
{
    private const int DefaultMaxAnswerBytes = 100 << 20;
    private const string JsonType = "application/json; charset=utf-8";
    private static readonly string[] Operations = ["create", "get", "head", "post", "put", "patch", "delete", "options", "trace"];
    private static readonly string[] TracingFields = ["traceparent", "tracestate", "baggage"];
    private static readonly string[] NotKnown = ["mtlsRootCA", "mtlsClientCert", "mtlsClientKey", "mtlsRenegotiation"];

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _url;
    private readonly bool _errorIfNot2XX;
    private readonly int _maxAnswerBytes;
    private readonly TimeSpan _limit;
    private readonly (string Name, string Value)? _token;

    public HttpBinding(ComponentSpec component)
    {
        _url = component.Required("url");
        if (!Uri.TryCreate(_url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https")) throw component.Fault("url", _url, "use an http or https address");
        foreach (string field in NotKnown)
        {
            if (component.Value(field) is not null) throw component.Fault(field, "(set)", "this sidecar has no certificates of its own for bindings; remove it, or use daprd");
        }

        _errorIfNot2XX = component.Value("errorIfNot2XX") is null || component.Flag("errorIfNot2XX");
        _maxAnswerBytes = component.Number("maxResponseBodySize", DefaultMaxAnswerBytes, 1, DefaultMaxAnswerBytes);
        _token = component.Value("securityToken") is { } token && component.Value("securityTokenHeader") is { } header ? (header, token) : null;
        _limit = component.Duration("responseTimeout") ?? TimeSpan.FromSeconds(100);
    }

    public Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(Operations);

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        using HttpRequestMessage message = Message(request);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_limit);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return Answer(request, response, await ReadAsync(response, limit.Token));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{message.RequestUri} did not answer within {_limit.TotalSeconds} s (responseTimeout)");
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private BindingAnswer Answer(BindingRequest request, HttpResponseMessage response, byte[] data)
    {
        bool judge = request.Metadata.TryGetValue("errorIfNot2XX", out string? given) && given.Length > 0 ? IsTrue(given) : _errorIfNot2XX;
        if (judge && !response.IsSuccessStatusCode) throw new HttpRequestException($"received status code {(int)response.StatusCode}");
        Dictionary<string, string> metadata = new()
        {
            ["statusCode"] = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture),
            ["status"] = $"{(int)response.StatusCode} {response.ReasonPhrase}",
        };
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers)) metadata[name] = string.Join(", ", values);
        return new(data, metadata);
    }

    private HttpRequestMessage Message(BindingRequest request)
    {
        string path = request.Metadata.GetValueOrDefault("path", "");
        string url = path.Length == 0 ? _url : $"{_url.TrimEnd('/')}/{path.TrimStart('/')}";
        string method = request.Operation is "create" ? "POST" : request.Operation.ToUpperInvariant();
        HttpRequestMessage message = new(new HttpMethod(method), url);
        if (method is "POST" or "PUT" or "PATCH") message.Content = Body(request);
        if (!request.Metadata.ContainsKey("Accept")) message.Headers.Accept.ParseAdd(JsonType);
        if (_token is var (header, token)) message.Headers.TryAddWithoutValidation(header, token);
        foreach ((string name, string value) in request.Metadata)
        {
            bool wanted = name.Length > 0 && (char.IsAsciiLetterUpper(name[0]) || TracingFields.Contains(name, StringComparer.Ordinal));
            if (wanted && !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    /// <summary>As in Dapr, what is beyond the limit is cut off.</summary>
    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(ct);
        using MemoryStream read = new();
        byte[] buffer = new byte[16 * 1024];
        while (read.Length < _maxAnswerBytes)
        {
            int count = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, _maxAnswerBytes - read.Length)), ct);
            if (count == 0) break;
            read.Write(buffer, 0, count);
        }

        return read.ToArray();
    }

    private static ByteArrayContent Body(BindingRequest request)
    {
        ByteArrayContent body = new(request.Data);
        string type = request.Metadata.GetValueOrDefault("Content-Type", JsonType);
        body.Headers.ContentType = MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed) ? parsed : throw new FormatException($"'{type}' is no content type");
        return body;
    }

    private static bool IsTrue(string text) => text.ToLowerInvariant() is "y" or "yes" or "true" or "t" or "on" or "1";
}
