using System.Net;

namespace k8s.Autorest;

/// <summary>The API answered with a status that is no success; the body is often a <see cref="Models.V1Status"/>.</summary>
public class HttpOperationException : Exception
{
    public HttpOperationException()
    {
    }

    public HttpOperationException(string message)
        : base(message)
    {
    }

    public HttpOperationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    public HttpRequestMessageWrapper Request { get; set; } = null!;

    public HttpResponseMessageWrapper Response { get; set; } = null!;

    public object? Body { get; set; }
}

/// <summary>What is kept of a message when it is gone.</summary>
public abstract class HttpMessageWrapper
{
    protected HttpMessageWrapper() => Headers = new Dictionary<string, IEnumerable<string>>(StringComparer.OrdinalIgnoreCase);

    public string? Content { get; set; }

    public IDictionary<string, IEnumerable<string>> Headers { get; private set; }

    protected void CopyHeaders(System.Net.Http.Headers.HttpHeaders headers)
    {
        foreach ((string name, IEnumerable<string> values) in headers) Headers[name] = values;
    }
}

public class HttpRequestMessageWrapper : HttpMessageWrapper
{
    public HttpRequestMessageWrapper(HttpRequestMessage httpRequest, string content)
    {
        ArgumentNullException.ThrowIfNull(httpRequest);
        CopyHeaders(httpRequest.Headers);
        // Exceptions are logged; what identifies the caller must not be.
        Headers.Remove("Authorization");
        (Content, Method, RequestUri) = (content, httpRequest.Method, httpRequest.RequestUri);
    }

    public HttpMethod Method { get; protected set; }

    public Uri? RequestUri { get; protected set; }
}

public class HttpResponseMessageWrapper : HttpMessageWrapper
{
    public HttpResponseMessageWrapper(HttpResponseMessage httpResponse, string content)
    {
        ArgumentNullException.ThrowIfNull(httpResponse);
        CopyHeaders(httpResponse.Headers);
        CopyHeaders(httpResponse.Content.Headers);
        (Content, StatusCode, ReasonPhrase) = (content, httpResponse.StatusCode, httpResponse.ReasonPhrase);
    }

    public HttpStatusCode StatusCode { get; protected set; }

    public string? ReasonPhrase { get; protected set; }
}
