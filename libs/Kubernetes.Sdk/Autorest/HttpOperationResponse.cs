namespace k8s.Autorest;

/// <summary>An answer with the messages that it came by.</summary>
public class HttpOperationResponse : IDisposable
{
    public HttpRequestMessage Request { get; set; } = null!;

    public HttpResponseMessage Response { get; set; } = null!;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        Request?.Dispose();
        Response?.Dispose();
    }
}

public class HttpOperationResponse<T> : HttpOperationResponse
{
    public T Body { get; set; } = default!;
}
